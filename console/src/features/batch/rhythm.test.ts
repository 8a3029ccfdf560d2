import { describe, expect, it } from "vitest";
import type { Rhythm } from "@/api/batch";
import { nextRuns } from "./rhythm";

const rhythm = (change: Partial<Rhythm>): Rhythm => ({ unit: "day", every: 1, starts_at: "2026-01-31T01:30:00Z", ends_at: null, time_zone: "UTC", ...change });
const told = (wanted: Rhythm, after: string, count = 3): string[] => nextRuns(wanted, Date.parse(after), count).map((at) => new Date(at).toISOString().slice(0, 16));

describe("the runs of a schedule", () => {
  it("begin with its start", () => {
    expect(told(rhythm({ unit: "minute", every: 20 }), "2026-01-01T00:00:00Z")).toEqual(["2026-01-31T01:30", "2026-01-31T01:50", "2026-01-31T02:10"]);
  });

  it("go on where years have passed", () => {
    expect(told(rhythm({ unit: "minute", every: 7 }), "2036-01-31T01:30:00Z", 1)).toEqual(["2036-01-31T01:33"]);
    expect(told(rhythm({ unit: "month", every: 1 }), "2036-01-30T01:30:00Z", 1)).toEqual(["2036-01-31T01:30"]);
  });

  it("of months take the last day where the day is missing, and come back to it", () => {
    expect(told(rhythm({ unit: "month" }), "2026-02-01T00:00:00Z")).toEqual(["2026-02-28T01:30", "2026-03-31T01:30", "2026-04-30T01:30"]);
  });

  it("keep their hour when the clocks change", () => {
    expect(told(rhythm({ unit: "week", starts_at: "2026-03-22T07:00:00Z", time_zone: "Europe/Berlin" }), "2026-03-22T07:00:00Z", 2)).toEqual(["2026-03-29T06:00", "2026-04-05T06:00"]);
  });

  it("that the clock leaps over come as much later", () => {
    expect(told(rhythm({ starts_at: "2026-03-28T01:30:00Z", time_zone: "Europe/Berlin" }), "2026-03-28T12:00:00Z", 2)).toEqual(["2026-03-29T01:30", "2026-03-30T00:30"]);
  });

  it("end with its end", () => {
    expect(told(rhythm({ ends_at: "2026-02-01T01:30:00Z" }), "2026-01-31T01:30:00Z")).toEqual(["2026-02-01T01:30"]);
  });
});
