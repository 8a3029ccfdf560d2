import { describe, expect, it } from "vitest";
import { nextTimes, parseCron } from "./cron";

const NOON = Date.UTC(2026, 10, 26, 12, 0); // a Thursday

function next(text: string, zone = "UTC", count = 3): string[] {
  const cron = parseCron(text);
  if (!cron) throw new Error(`no cron: ${text}`);
  return nextTimes(cron, zone, NOON, count).map((at) => new Date(at).toISOString().slice(0, 16));
}

describe("a cron expression", () => {
  it("names its next times in order", () => {
    expect(next("*/20 9-10 * * *")).toEqual(["2026-11-27T09:00", "2026-11-27T09:20", "2026-11-27T09:40"]);
    expect(next("0 12 * * *", "UTC", 1)).toEqual(["2026-11-27T12:00"]);
  });

  it("knows names, lists, ranges and Sunday by both numbers", () => {
    expect(next("30 8 * * MON-FRI")).toEqual(["2026-11-27T08:30", "2026-11-30T08:30", "2026-12-01T08:30"]);
    expect(next("0 0 * * 7", "UTC", 1)).toEqual(next("0 0 * * sun", "UTC", 1));
    expect(next("0 0 1 JAN,jul *", "UTC", 2)).toEqual(["2027-01-01T00:00", "2027-07-01T00:00"]);
  });

  it("meets either day when both are given, as crontab does", () => {
    expect(next("0 0 1 * 6")).toEqual(["2026-11-28T00:00", "2026-12-01T00:00", "2026-12-05T00:00"]);
  });

  it("goes by the clock of its zone", () => {
    expect(next("0 8 * * *", "Asia/Shanghai", 1)).toEqual(["2026-11-27T00:00"]);
  });

  it("leaves out an hour that the clock leaps over, and meets one that it repeats once", () => {
    const cron = parseCron("30 2 28-29 3 *");
    const before = Date.UTC(2027, 2, 27, 12);
    if (!cron) throw new Error("no cron");
    expect(nextTimes(cron, "Europe/Berlin", before, 2).map((at) => new Date(at).toISOString().slice(0, 16))).toEqual(["2027-03-29T00:30", "2028-03-28T00:30"]);
    const back = parseCron("30 2 31 10 *");
    if (!back) throw new Error("no cron");
    expect(nextTimes(back, "Europe/Berlin", Date.UTC(2027, 9, 30, 12), 2).map((at) => new Date(at).toISOString().slice(0, 16))).toEqual(["2027-10-31T00:30", "2028-10-31T01:30"]);
  });

  it("that never comes names no time", () => {
    expect(next("0 0 31 2 *")).toEqual([]);
  });

  it.each(["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1;2 * * * *"])("%j is none", (text) => {
    expect(parseCron(text)).toBeNull();
  });
});
