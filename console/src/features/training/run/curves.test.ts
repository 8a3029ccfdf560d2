import { describe, expect, it } from "vitest";
import { curveTable, groupCurves } from "./curves";

describe("curves of a run", () => {
  it("splits losses from scores and leaves out times", () => {
    const groups = groupCurves([{ epoch: 1, train_loss: 2, accuracy: 0.4, seconds: 12, at: "2026-01-01T00:00:00Z" }]);
    expect(groups.losses.map((curve) => curve.metric)).toEqual(["train_loss"]);
    expect(groups.scores.map((curve) => curve.metric)).toEqual(["accuracy"]);
  });

  it("takes the figures of every task for scores", () => {
    const { scores, rates } = groupCurves([{ epoch: 1, eval_map50: 0.5, eval_map: 0.3, eval_miou: 0.4, eval_mean_dice: 0.6, eval_ar_100: 0.2, learning_rate: 0.01, images_per_second: 30 }]);
    expect(scores.map((curve) => curve.metric)).toEqual(["eval_map50", "eval_map", "eval_miou", "eval_mean_dice", "eval_ar_100"]);
    expect(rates.map((curve) => curve.metric)).toEqual(["learning_rate"]);
  });

  it("orders epochs that arrived out of order and skips values that are not numbers", () => {
    const { losses } = groupCurves([{ epoch: 2, train_loss: 1 }, { epoch: 1, train_loss: 2 }, { epoch: 3, train_loss: null }]);
    expect(losses[0]?.points).toEqual([[1, 2], [2, 1]]);
  });

  it("keeps a hole in the table where one curve has no value", () => {
    const { losses } = groupCurves([{ epoch: 1, train_loss: 2 }, { epoch: 2, train_loss: 1, eval_loss: 3 }]);
    expect(curveTable(losses, "Epoch", (metric) => metric).rows).toEqual([[1, 2, null], [2, 1, 3]]);
  });
});
