import type { HyperParameter, Machine, Network } from "@/api/types";
import { timesPrice } from "@/format/format";

export type ParameterProblem =
  | { readonly kind: "required" }
  | { readonly kind: "integer" }
  | { readonly kind: "number" }
  | { readonly kind: "tooSmall"; readonly minimum: number }
  | { readonly kind: "tooLarge"; readonly maximum: number };

const NETWORK_DEFAULTS = ["input_size", "batch_size", "learning_rate"] as const;

/** The declared default; where it is null, the one that suits the network. */
export function defaultOf(parameter: HyperParameter, network: Network | undefined): string | number | null {
  const declared: unknown = parameter.default;
  if (typeof declared === "number" || typeof declared === "string") return declared;
  const name = NETWORK_DEFAULTS.find((candidate) => candidate === parameter.name);
  return (name && network?.[name]) ?? null;
}

export function problemOf(parameter: HyperParameter, value: unknown): ParameterProblem | null {
  if (parameter.type !== "integer" && parameter.type !== "number") return null;
  if (value === null || value === undefined || value === "") return { kind: "required" };
  const number = Number(value);
  if (!Number.isFinite(number)) return { kind: "number" };
  if (parameter.type === "integer" && !Number.isInteger(number)) return { kind: "integer" };
  if (typeof parameter.minimum === "number" && number < parameter.minimum) return { kind: "tooSmall", minimum: parameter.minimum };
  if (typeof parameter.maximum === "number" && number > parameter.maximum) return { kind: "tooLarge", maximum: parameter.maximum };
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
