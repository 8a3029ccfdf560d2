import { describe, expect, it } from "vitest";
import { mistakesByLabel, parseReport, UnknownReportError, type WrongExample } from "./report";

const example = (label: string): WrongExample => ({ sample_id: "1", name: "a.jpg", true: label, predicted: "x", score: 0.5, top: [] });

describe("an evaluation report", () => {
  it("is refused when its format is another one", () => {
    expect(() => parseReport({ format: "openbml.report/9" })).toThrow(UnknownReportError);
    expect(() => parseReport(null)).toThrow(UnknownReportError);
  });

  it("is refused when a part is missing", () => {
    expect(() => parseReport({ format: "openbml.report/1", labels: [] })).toThrow(UnknownReportError);
  });

  it("counts mistakes by true label, the most first", () => {
    expect(mistakesByLabel([example("3"), example("5"), example("5")])).toEqual([
      { label: "5", count: 2 },
      { label: "3", count: 1 },
    ]);
  });
});
