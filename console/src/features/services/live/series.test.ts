import { expect, it } from "vitest";
import { liveSeries, rolesIn } from "./series";

const now = Date.UTC(2026, 10, 26, 12, 5, 30);
const minute = (at: string, calls: number, errors = 0) => ({ at, role: "main" as const, calls, errors, p50_ms: 12, p95_ms: 30 });

it("every minute has a point, those without calls as well", () => {
  const series = liveSeries([minute("2026-11-26T12:05:00Z", 120, 6), minute("2026-11-26T12:03:00Z", 60)], "main", 4, now);
  expect(series.map((point) => point.qps)).toEqual([0, 1, 0, 2]);
  expect(series.map((point) => point.errorShare)).toEqual([null, 0, null, 0.05]);
  expect(series.at(-1)).toMatchObject({ at: Date.UTC(2026, 10, 26, 12, 5), p95: 30 });
});

it("the second version is drawn only where there is one", () => {
  expect(rolesIn([minute("2026-11-26T12:05:00Z", 1)])).toEqual(["main"]);
  expect(rolesIn([{ ...minute("2026-11-26T12:05:00Z", 1), role: "challenger" }])).toEqual(["main", "challenger"]);
});
