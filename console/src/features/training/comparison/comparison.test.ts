import { expect, it } from "vitest";
import type { Comparison } from "@/api/types";
import { bestRuns, differingParameters, runIdsOf } from "./comparison";

const run = (run_id: number, figures: Record<string, number | null>, hyper_parameters: Record<string, string>) => ({ run_id, figures, hyper_parameters });
const comparison = {
  figures: ["map", "f1"],
  runs: [run(1, { map: 0.5, f1: 0.7 }, { epochs: "5", seed: "1" }), run(2, { map: 0.6, f1: 0.7 }, { epochs: "9", seed: "1" }), run(3, { map: null, f1: 0.7 }, { seed: "1" })],
} as unknown as Comparison;

it("at most ten different runs are read from an address", () => {
  expect(runIdsOf("3,1,x,3,-2")).toEqual([3, 1]);
  expect(runIdsOf(Array.from({ length: 20 }, (_, index) => index + 1).join(","))).toHaveLength(10);
  expect(runIdsOf(null)).toEqual([]);
});

it("the best of a figure is marked unless all are the same", () => {
  expect(bestRuns(comparison, "map")).toEqual(new Set([2]));
  expect(bestRuns(comparison, "f1")).toEqual(new Set());
});

it("only hyper-parameters that differ are told", () => {
  expect(differingParameters(comparison)).toEqual(["epochs"]);
});

it("the lowest error is the best, and the settings of a table are told one by one", () => {
  const tables = {
    figures: ["rmse"],
    runs: [
      run(1, { rmse: 3.1 }, { tabular: '{"target":"price","mode":"expert","costs":{"false_positive":2}}' }),
      run(2, { rmse: 2.9 }, { tabular: '{"target":"price"}' }),
    ],
  } as unknown as Comparison;
  expect(bestRuns(tables, "rmse")).toEqual(new Set([2]));
  expect(differingParameters(tables)).toEqual(["costs", "mode"]);
});
