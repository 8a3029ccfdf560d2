import type { NewAugmentation, Operator } from "@/api/queries/data-jobs";

export type Values = Readonly<Record<string, boolean | number | string>>;

export interface ChosenOperation {
  readonly code: string;
  readonly parameters: Values;
}

export const defaultsOf = (operator: Operator): Values => Object.fromEntries(operator.parameters.map((parameter) => [parameter.name, parameter.default]));

/** Which augmentation or cleaning is ordered; the order of the operations is the order of their work. */
export interface Order {
  readonly operations: readonly ChosenOperation[];
  readonly copies: number;
  readonly probability: number;
  readonly seed: number;
  readonly keepOriginals: boolean;
}

export const FIRST_ORDER: Order = { operations: [], copies: 1, probability: 1, seed: 0, keepOriginals: true };
const LEAST_VISIBLE = 0.2;

export function toggled(order: Order, operator: Operator, on: boolean): Order {
  const others = order.operations.filter((operation) => operation.code !== operator.code);
  return { ...order, operations: on ? [...others, { code: operator.code, parameters: defaultsOf(operator) }] : others };
}

export function withParameter(order: Order, code: string, name: string, value: boolean | number | string): Order {
  const operations = order.operations.map((operation) => (operation.code === code ? { ...operation, parameters: { ...operation.parameters, [name]: value } } : operation));
  return { ...order, operations };
}

export function moved(order: Order, code: string, step: -1 | 1): Order {
  const operations = [...order.operations];
  const from = operations.findIndex((operation) => operation.code === code);
  const to = from + step;
  const [taken] = from < 0 || to < 0 || to >= operations.length ? [] : operations.splice(from, 1);
  if (taken) operations.splice(to, 0, taken);
  return { ...order, operations };
}

export function bodyOf(order: Order): NewAugmentation {
  return {
    operations: order.operations.map(({ code, parameters }) => ({ code, parameters })),
    copies: order.copies,
    probability: order.probability,
    seed: order.seed,
    keep_originals: order.keepOriginals,
    least_visible: LEAST_VISIBLE,
    labels: [],
  };
}

export function deriveCommand(datasetId: number, version: number, use: "cleanings" | "augmentations", order: Order): string {
  const operations = order.operations.map(({ code, parameters }) => {
    const values = Object.entries(parameters).map(([name, value]) => `${name}=${value}`).join(",");
    return ` --operator ${code}${values ? `:${values}` : ""}`;
  });
  const copies = use === "augmentations" && order.copies !== 1 ? ` --copies ${order.copies}` : "";
  return `bml datasets ${use === "cleanings" ? "clean" : "augment"} ${datasetId} --version ${version}${operations.join("")}${copies}`;
}
