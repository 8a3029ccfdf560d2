import type { VersionColumn } from "@/api/serving";

export type Section = "model" | "metrics" | "data" | "parameters";

export interface ComparisonRow {
  readonly section: Section;
  readonly name: string;
  /** One for each version; null where it has none. */
  readonly values: readonly (string | number | null)[];
  readonly differs: boolean;
}

function row(section: Section, name: string, values: readonly (string | number | null)[]): ComparisonRow {
  return { section, name, values, differs: new Set(values).size > 1 };
}

const namesOf = (parts: readonly Readonly<Record<string, unknown>>[]): string[] => [...new Set(parts.flatMap((part) => Object.keys(part)))];
const textOf = (value: unknown): string | null => (value === undefined || value === null ? null : typeof value === "string" ? value : JSON.stringify(value));

/** Versions side by side; what one of them lacks is a difference too. */
export function comparisonRows(versions: readonly VersionColumn[]): ComparisonRow[] {
  const metrics = versions.map((version) => version.metrics);
  const parameters = versions.map((version) => version.hyper_parameters);
  return [
    row("model", "network", versions.map((version) => version.network)),
    row("model", "framework", versions.map((version) => version.framework)),
    row("model", "size_bytes", versions.map((version) => version.size_bytes)),
    row("model", "latency_ms", versions.map((version) => version.latency_ms)),
    row("model", "proof", versions.map((version) => version.proof?.max_abs_diff ?? null)),
    ...namesOf(metrics).map((name) => row("metrics", name, metrics.map((known) => known[name] ?? null))),
    row("data", "datasets", versions.map((version) => version.datasets.map((source) => `${source.dataset_id} V${source.version_number}`).join(", ") || null)),
    ...namesOf(parameters).map((name) => row("parameters", name, parameters.map((known) => textOf(known[name])))),
  ];
}

/** The columns that are best of all, where they are not all alike. */
export function bestOf(values: readonly (string | number | null)[], isLowerBetter: boolean): ReadonlySet<number> {
  const numbers = values.filter((value): value is number => typeof value === "number");
  if (numbers.length < 2 || new Set(numbers).size < 2) return new Set();
  const best = isLowerBetter ? Math.min(...numbers) : Math.max(...numbers);
  return new Set(values.flatMap((value, place) => (value === best ? [place] : [])));
}
