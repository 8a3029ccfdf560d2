import { describe, expect, it } from "vitest";
import type { Trial } from "@/api/types";
import { bestSoFar, countStates, parallelRows, parameterAxes } from "./trials";

const trial = (number: number, quality: number | null, parameters: Trial["parameters"], state: Trial["state"] = "succeeded") => ({ number, quality, parameters, state }) as Trial;

describe("trials of a search", () => {
  it("tell the best quality so far, without those that told none", () => {
    const trials = [trial(1, 0.5, {}), trial(2, null, {}, "failed"), trial(3, 0.4, {}), trial(4, 0.7, {})];
    expect(bestSoFar(trials).map((point) => [point.number, point.best])).toEqual([[1, 0.5], [3, 0.5], [4, 0.7]]);
    expect(countStates(trials)).toMatchObject({ succeeded: 3, failed: 1, running: 0 });
  });

  it("have an axis for each hyper-parameter: side by side, linear or logarithmic", () => {
    const trials = Array.from({ length: 12 }, (_, index) => trial(index, 0.5, { rate: 10 ** (-4 + index / 4), decay: 0.1 + index / 100, batch_size: [32, 8, 16][index % 3] ?? 8, smoothing: index % 2 === 0 }));
    expect(parameterAxes(trials)).toEqual([
      { name: "rate", kind: "log" },
      { name: "decay", kind: "value" },
      { name: "batch_size", kind: "category", values: ["8", "16", "32"] },
      { name: "smoothing", kind: "category", values: ["true", "false"] },
    ]);
  });

  it("are lines with the quality last", () => {
    const trials = [trial(1, 0.5, { rate: 0.1, on: true }), trial(2, null, { rate: 0.2, on: false })];
    const axes = [{ name: "rate", kind: "value" }, { name: "on", kind: "category", values: ["true", "false"] }] as const;
    expect(parallelRows(trials, axes)).toEqual([{ number: 1, value: [0.1, "true", 0.5] }]);
  });
});
