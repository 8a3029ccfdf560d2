import type { HyperParameter, Network, SearchCatalog, SearchParameter, ValueType } from "@/api/types";
import type { RangeChoice } from "./form-values";
import { valuesOf } from "./run-request";
import { defaultOf, problemOf, type ParameterProblem } from "./run-values";

export type RangeProblem = ParameterProblem | { readonly kind: "reversed" } | { readonly kind: "notPositive" } | { readonly kind: "tooManyValues"; readonly most: number };

const MOST_VALUES = 50;

/** What the task's networks can be searched for; what changes their structure only where weights are not passed on. */
export function searchableOf(search: SearchCatalog, parameters: readonly HyperParameter[], fixedStructure: boolean): SearchParameter[] {
  const known = new Set(parameters.map((parameter) => parameter.name));
  return search.parameters.filter((entry) => known.has(entry.parameter) && !(fixedStructure && entry.structural));
}

/** A first range of the type: the default one where it is of that type, else around the value training would take. */
export function firstRange(entry: SearchParameter, type: ValueType, limits: HyperParameter | undefined, network: Network | undefined): RangeChoice {
  if (type === "boolean") return { type };
  const value = limits ? Number(defaultOf(limits, network) ?? limits.minimum ?? 1) : 1;
  const [below = 0.5, above = 2] = entry.default?.factors ?? [];
  const rounded = (bound: number): number => {
    const kept = Math.min(limits?.maximum ?? bound, Math.max(limits?.minimum ?? bound, bound));
    return limits?.type === "integer" ? Math.round(kept) : Number(kept.toPrecision(6));
  };
  const low = entry.default?.low ?? rounded(value * below);
  const high = entry.default?.high ?? rounded(value * above);
  return type === "discrete" ? { type, values: [...new Set([low, high])].join(", ") } : { type, low, high };
}

/** What is wrong with a range; values beyond what training takes are refused here already. */
export function rangeProblem(range: RangeChoice, limits: HyperParameter | undefined): RangeProblem | null {
  const check = (value: unknown): ParameterProblem | null => problemOf(limits ?? { type: "number" }, value);
  if (range.type === "boolean") return null;
  if (range.type === "discrete") {
    const values = valuesOf(range.values ?? "");
    if (values.length === 0) return { kind: "required" };
    if (values.length > MOST_VALUES) return { kind: "tooManyValues", most: MOST_VALUES };
    return values.map(check).find((problem) => problem !== null) ?? null;
  }
  const problem = check(range.low) ?? check(range.high);
  if (problem) return problem;
  if (range.type === "random_integer" && !(Number.isInteger(range.low) && Number.isInteger(range.high))) return { kind: "integer" };
  if (range.type === "log_uniform" && !(Number(range.low) > 0)) return { kind: "notPositive" };
  return Number(range.low) < Number(range.high) ? null : { kind: "reversed" };
}
