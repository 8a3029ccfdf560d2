import type { Epoch } from "../../run/curves";

/** Where a run stood after a model was trained. */
export interface ScorePoint {
  readonly step: number;
  readonly models: number;
  readonly score: number | null;
  readonly best: number;
}

const numberOf = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** The score after each trained model, and the best until then where the run does not tell it. */
export function scorePoints(epochs: readonly Epoch[]): ScorePoint[] {
  const points: ScorePoint[] = [];
  for (const [index, epoch] of epochs.entries()) {
    const score = numberOf(epoch.score);
    const before = points.at(-1)?.best ?? null;
    const candidates = [numberOf(epoch.best_score), score, before].filter((value) => value !== null);
    if (candidates.length === 0) continue;
    points.push({ step: numberOf(epoch.epoch) ?? index + 1, models: numberOf(epoch.models) ?? index + 1, score, best: Math.max(...candidates) });
  }
  return points;
}
