import { expect, it } from "vitest";
import { estimateFor } from "./estimate";

const points = [
  { compute_units: 4, latency_ms: 10, qps: 80, measured: true },
  { compute_units: 1, latency_ms: 40, qps: 20, measured: true },
  { compute_units: 2, latency_ms: 20, qps: 40, measured: true },
];

it("a measured size is told as it was measured, its calls per second for all instances", () => {
  expect(estimateFor(points, 2, 3)).toEqual({ latencyMs: 20, qps: 120, isExact: true });
});

it("a size between two is interpolated, one beyond is not promised more", () => {
  expect(estimateFor(points, 3, 1)).toEqual({ latencyMs: 15, qps: 60, isExact: false });
  expect(estimateFor(points, 16, 2)).toEqual({ latencyMs: 10, qps: 160, isExact: false });
});

it("a size that was only foretold is not told as measured", () => {
  expect(estimateFor([{ compute_units: 1, latency_ms: 40, qps: 20, measured: false }], 1, 2)).toMatchObject({ isExact: false });
});

it("without figures there is no estimate", () => {
  expect(estimateFor([], 1, 2)).toBeNull();
  expect(estimateFor(points, 0, 2)).toBeNull();
});
