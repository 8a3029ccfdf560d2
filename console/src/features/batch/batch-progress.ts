import type { BatchPrediction } from "@/api/serving";

/** From 0 to 1; while the items are not counted yet, nothing is done. */
export function doneShare({ done, total, state }: Pick<BatchPrediction, "done" | "total" | "state">): number {
  if (state === "succeeded") return 1;
  return total === null || total === 0 ? 0 : Math.min(1, done / total);
}
