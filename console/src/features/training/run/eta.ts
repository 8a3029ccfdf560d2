import type { Epoch } from "./curves";

const LATEST = 3;

/** Seconds until the last epoch ends, by the pace of the latest ones; null while nothing tells the pace. */
export function secondsLeft(epochs: readonly Epoch[], progress: { readonly epoch: number; readonly epochs: number | null } | null | undefined): number | null {
  if (!progress || progress.epochs === null || progress.epochs <= progress.epoch) return null;
  const times = epochs.map((epoch) => epoch.seconds).filter((value): value is number => typeof value === "number" && value > 0);
  const latest = times.slice(-LATEST);
  if (latest.length === 0) return null;
  return (latest.reduce((sum, value) => sum + value, 0) / latest.length) * (progress.epochs - progress.epoch);
}
