import { describe, expect, it } from "vitest";
import { durationParts, formatBytes, formatMoney, formatPrice, formatUtc, timesPrice } from "./format";

describe("formats", () => {
  it("round money half up to the cent, on the digits", () => {
    expect(formatMoney("1.005", "en")).toBe("¥1.01");
    expect(formatMoney("0.0049", "en")).toBe("¥0.00");
    expect(formatMoney("-12345.678", "en")).toBe("-¥12,345.68");
    expect(formatMoney("12", "en")).toBe("¥12.00");
  });

  it("keep every digit of a price", () => {
    expect(formatPrice("0.025")).toBe("¥0.025");
    expect(formatPrice("0.4")).toBe("¥0.40");
  });

  it("multiply a price exactly", () => {
    expect(timesPrice("0.28", 3)).toBe("0.84");
    expect(timesPrice("0.025", 1)).toBe("0.025");
    expect(timesPrice("2", 7)).toBe("14");
  });

  it("give sizes and durations their units", () => {
    expect(formatBytes(999, "en")).toBe("999 B");
    expect(formatBytes(2_514_918, "en")).toBe("2.4 MB");
    expect(durationParts(90_061)).toEqual({ days: 1, hours: 1, minutes: 1, seconds: 1 });
  });

  it("show UTC for the hover", () => {
    expect(formatUtc("2026-03-01T08:00:00+08:00")).toBe("2026-03-01 00:00:00 UTC");
  });
});
