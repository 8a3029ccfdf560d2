import { timesPrice } from "@/format/format";

const HOURS_OF_MONTH = 24 * 30;

export interface RunningCost {
  readonly perHour: string;
  /** Of thirty days without a break, before the free allowance. */
  readonly perMonth: string;
  /** Hours that the allowance lasts at this size. */
  readonly freeFor: number;
}

/** Quota × instances × price (spec 03 section 10.1); null while the size is not chosen. */
export function runningCost(price: { readonly price: string; readonly free_hours: number } | undefined, computeUnits: number | null | undefined, instances: number | null | undefined): RunningCost | null {
  if (!price || !computeUnits || !instances) return null;
  const units = computeUnits * instances;
  const perHour = timesPrice(price.price, units);
  return { perHour, perMonth: timesPrice(perHour, HOURS_OF_MONTH), freeFor: price.free_hours / units };
}
