import { expect, it } from "vitest";
import { scorePoints } from "./score-points";

it("the best score never falls, whether the run tells it or not", () => {
  const points = scorePoints([{ epoch: 1, score: -0.5, models: 5 }, { epoch: 2, score: -0.7 }, { epoch: 3, score: -0.4, best_score: -0.3, models: 15 }]);
  expect(points.map((point) => point.best)).toEqual([-0.5, -0.5, -0.3]);
  expect(points.map((point) => point.models)).toEqual([5, 2, 15]);
});

it("what has no score is left out", () => {
  expect(scorePoints([{ epoch: 1, seconds: 3 }, { epoch: 2, score: Number.NaN }])).toEqual([]);
});
