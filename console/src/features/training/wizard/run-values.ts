import type { AugmentationOperator, HyperParameter, Machine, Network, NetworkFamily } from "@/api/types";
import { timesPrice } from "@/format/format";

export type ParameterProblem =
  | { readonly kind: "required" }
  | { readonly kind: "integer" }
  | { readonly kind: "number" }
  | { readonly kind: "tooSmall"; readonly minimum: number }
  | { readonly kind: "aboveOnly"; readonly minimum: number }
  | { readonly kind: "tooLarge"; readonly maximum: number };

interface Limits {
  readonly type: string;
  readonly minimum?: number | null;
  readonly maximum?: number | null;
  readonly above_minimum?: boolean;
}

const NETWORK_DEFAULTS = ["input_size", "batch_size", "learning_rate"] as const;

/** The declared default; where it is null, the one that suits the network. */
export function defaultOf(parameter: HyperParameter, network: Network | undefined): string | number | null {
  const declared: unknown = parameter.default;
  if (typeof declared === "number" || typeof declared === "string") return declared;
  const name = NETWORK_DEFAULTS.find((candidate) => candidate === parameter.name);
  return (name && network?.[name]) ?? null;
}

/** Whether the network has the hyper-parameter; the catalogue names what only some networks have. */
export function takes(network: Network | undefined, parameter: HyperParameter): boolean {
  if (parameter.anchors && !network?.anchors) return false;
  const adapters: readonly string[] = parameter.adapters;
  return adapters.length === 0 || (network !== undefined && adapters.includes(network.adapter ?? ""));
}

/** A sub-net of an architecture search: it is chosen in the search's report, not among the networks. */
export const isSubnet = (network: Network): boolean => network.adapter === "subnet";

export function problemOf(limits: Limits, value: unknown): ParameterProblem | null {
  if (limits.type !== "integer" && limits.type !== "number") return null;
  if (value === null || value === undefined || value === "") return { kind: "required" };
  const number = Number(value);
  if (!Number.isFinite(number)) return { kind: "number" };
  if (limits.type === "integer" && !Number.isInteger(number)) return { kind: "integer" };
  const { minimum, maximum } = limits;
  if (typeof minimum === "number" && limits.above_minimum && number <= minimum) return { kind: "aboveOnly", minimum };
  if (typeof minimum === "number" && number < minimum) return { kind: "tooSmall", minimum };
  if (typeof maximum === "number" && number > maximum) return { kind: "tooLarge", maximum };
  return null;
}

/** The most a run can cost: its longest time on all nodes at the machine's price per minute, before free minutes. */
export function greatestCost(machine: Machine | undefined, nodes: number, minutes: number): string | null {
  if (!machine || !(nodes > 0) || !(minutes > 0)) return null;
  return timesPrice(machine.price, Math.ceil(nodes) * Math.ceil(minutes));
}

/** Machines a network cannot run on, and those that need the paid service, are shown but not to be chosen. */
export function machineBlock(machine: Machine, network: Network | undefined, paid: boolean): "network" | "paid" | null {
  if (network?.excluded_machines?.includes(machine.code)) return "network";
  return machine.needs_paid_billing && !paid ? "paid" : null;
}

/** Networks under a family of weights: those the catalogue puts there, and those that have weights of it. */
export function networksOf(networks: readonly Network[], family: NetworkFamily["name"]): Network[] {
  return networks.filter((network) => network.family === family || network.weights.some((weights) => weights.family === family));
}

export const defaultOperator = (operator: AugmentationOperator) => ({
  probability: operator.probability,
  ...(operator.magnitude ? { magnitude: operator.magnitude.default } : {}),
});
