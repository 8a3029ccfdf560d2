import { describe, expect, it } from "vitest";
import { figuresOf, parseReport, pointAt, UnknownReportError, withBackground, type Report } from "./report";

describe("an evaluation report", () => {
  it("is refused when its format is another one", () => {
    expect(() => parseReport({ format: "openbml.report/9" })).toThrow(UnknownReportError);
    expect(() => parseReport(null)).toThrow(UnknownReportError);
  });

  it("is refused when a part is missing", () => {
    expect(() => parseReport({ format: "openbml.report/1", labels: [] })).toThrow(UnknownReportError);
  });

  it("without a task is that of a classification", () => {
    const parts = { format: "openbml.report/1", labels: [], basis: {}, cautions: [], conclusion: {}, overall: {}, per_class: [], wrong_examples: [] };
    expect(parseReport(parts).task).toBe("image_classification");
    expect(parseReport({ ...parts, task: "object_detection" }).task).toBe("object_detection");
  });

  it("shows the figures that its labels have", () => {
    const detection = [{ label: "car", ap50: 0.9, ap: null, f1: 0.8, precision: 0.7, recall: 0.9, support: 3, training_count: 8 }];
    expect(figuresOf(detection)).toEqual({ shares: ["ap50", "f1", "precision", "recall"], counts: ["support", "training_count"], hasThreshold: false });
    expect(figuresOf([{ label: "road", iou: 0.6, dice: 0.7, pixels: 5, threshold: 0.3 }])).toEqual({ shares: ["iou", "dice"], counts: ["pixels"], hasThreshold: true });
  });

  it("finds the tested threshold next to the chosen one", () => {
    const curve = [0.1, 0.2, 0.3].map((threshold) => ({ threshold, precision: threshold, recall: 1, f1: 0.5 }));
    expect(pointAt(curve, 0.26)?.threshold).toBe(0.3);
    expect(pointAt(curve, 0)?.threshold).toBe(0.1);
    expect(pointAt([], 0.5)).toBeUndefined();
  });

  it("names the background, unless a label is called so", () => {
    const report = { labels: ["road"], per_class: [{ label: "background" }], confusion_matrix: { labels: ["road", "background"], counts: [] } } as unknown as Report;
    expect(withBackground(report, "Hintergrund").confusion_matrix?.labels).toEqual(["road", "Hintergrund"]);
    expect(withBackground({ ...report, labels: ["background"] }, "Hintergrund").per_class[0]?.label).toBe("background");
  });
});
