import { describe, expect, it } from "vitest";
import { curveTable, groupCurves } from "./curves";

describe("curves of a run", () => {
  it("splits losses from scores and leaves out times", () => {
    const groups = groupCurves([{ epoch: 1, train_loss: 2, accuracy: 0.4, seconds: 12, at: "2026-01-01T00:00:00Z" }]);
    expect(groups.losses.map((curve) => curve.metric)).toEqual(["train_loss"]);
    expect(groups.scores.map((curve) => curve.metric)).toEqual(["accuracy"]);
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
