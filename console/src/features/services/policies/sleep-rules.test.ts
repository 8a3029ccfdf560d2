import { expect, it } from "vitest";
import { FIRST_VALUES, sleepFault, sleepRequest } from "./sleep-rules";

it("a policy is checked before it is sent", () => {
  expect(sleepFault(FIRST_VALUES)).toBeNull();
  expect(sleepFault({ ...FIRST_VALUES, idle_minutes: 0 })).toBe("idle");
  expect(sleepFault({ ...FIRST_VALUES, idle_minutes: 1441 })).toBe("idle");
  expect(sleepFault({ ...FIRST_VALUES, starts_at: "2026-11-27T00:00:00Z", ends_at: "2026-11-26T00:00:00Z" })).toBe("period");
  expect(sleepFault({ ...FIRST_VALUES, prewarm: [{ cron: "61 * * * *", time_zone: "UTC" }] })).toBe("cron");
  expect(sleepFault({ ...FIRST_VALUES, prewarm: [{ cron: "0 8 * * *", time_zone: "Mars/Olympus" }] })).toBe("cron");
});

it("a cron expression is sent with single spaces", () => {
  expect(sleepRequest({ ...FIRST_VALUES, prewarm: [{ cron: " 0  8 * * * ", time_zone: "UTC" }] })).toEqual({ idle_minutes: 30, starts_at: null, ends_at: null, while_asleep: "wait", prewarm: [{ cron: "0 8 * * *", time_zone: "UTC" }] });
});
