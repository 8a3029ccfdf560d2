import { describe, expect, it } from "vitest";
import { pollMs, secondsGone, secondsLeft, watchText } from "./pace";
import { rememberedValidation, rememberValidation } from "./remembered";

const AT = Date.parse("2026-11-26T08:00:00Z");
const of = (state: "starting" | "ready" | "failed" | "ended") => ({ state, started_at: "2026-11-26T08:00:00Z", ends_at: "2026-11-26T08:30:00Z" });

describe("the pace of a validation", () => {
  it("is quick while it starts, slow while it runs, and quick again when its time is over", () => {
    expect(pollMs(of("starting"), AT)).toBe(2000);
    expect(pollMs(of("ready"), AT)).toBe(15_000);
    expect(pollMs(of("ready"), AT + 1_800_000)).toBe(2000);
  });

  it("stops once nothing can change", () => {
    expect(pollMs(of("failed"), AT)).toBe(false);
    expect(pollMs(of("ended"), AT)).toBe(false);
  });

  it("counts down to the end and up from the start, never below nothing", () => {
    expect([AT, AT + 500, AT + 1_799_001, AT + 9e6].map((now) => secondsLeft(of("ready"), now))).toEqual([1800, 1800, 1, 0]);
    expect([AT - 5000, AT, AT + 12_900].map((now) => secondsGone(of("starting"), now))).toEqual([0, 0, 12]);
  });

  it("is told as a watch does", () => {
    expect([0, 9, 65, 1800].map(watchText)).toEqual(["0:00", "0:09", "1:05", "30:00"]);
  });
});

describe("a validation that was started here", () => {
  it("is found again for its own version only", () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) } as unknown as Storage;
    rememberValidation(7, 1, 42, storage);
    expect([rememberedValidation(7, 1, storage), rememberedValidation(7, 2, storage)]).toEqual([42, null]);
  });

  it("is none where the note is spoilt", () => {
    expect(rememberedValidation(7, 1, { getItem: () => "x" } as unknown as Storage)).toBeNull();
  });
});
