import { expect, it } from "vitest";
import { everyDay, totalOf, usageBy } from "./aggregate";

const row = (day: string, service_id: number, calls: number, errors = 0, duration_ms = calls * 10) => ({ day, service_id, app_id: 7, model_version: service_id, calls, errors, duration_ms });
const rows = [row("2026-11-25", 1, 10, 1), row("2026-11-23", 1, 5), row("2026-11-25", 2, 40, 0, 800)];

it("calls are summed by day, in the order of days, and by service, the busiest first", () => {
  expect(usageBy(rows, "day").map(({ key, calls, errors }) => [key, calls, errors])).toEqual([["2026-11-23", 5, 0], ["2026-11-25", 50, 1]]);
  expect(usageBy(rows, "service").map(({ key, meanMs }) => [key, meanMs])).toEqual([["2", 20], ["1", 10]]);
  expect(usageBy(rows, "version").map(({ key }) => key)).toEqual(["2/2", "1/1"]);
});

it("the total is a mean over calls, not over rows", () => {
  expect(totalOf(rows)).toMatchObject({ calls: 55, errors: 1, meanMs: 950 / 55 });
  expect(totalOf([])).toEqual({ calls: 0, errors: 0, meanMs: null });
});

it("a day without calls is a day with none", () => {
  expect(everyDay(usageBy(rows, "day"), "2026-11-23", "2026-11-25").map(({ calls }) => calls)).toEqual([5, 0, 50]);
});
