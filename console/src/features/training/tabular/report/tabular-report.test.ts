import { expect, it } from "vitest";
import { cardFacts, cardRemarks, classSizes, countsAt, parseTabularReport, ranked, type TabularReport } from "./tabular-report";

const point = (precision: number, recall: number) => ({ threshold: 0.5, precision, recall, f1: 0 });

it("counts at a threshold follow from precision and recall", () => {
  expect(countsAt(point(0.8, 0.6), 100, 900)).toEqual({ truePositives: 60, falsePositives: 15, trueNegatives: 885, falseNegatives: 40 });
  expect(countsAt(point(0, 0), 100, 900)).toEqual({ truePositives: 0, falsePositives: 0, trueNegatives: 900, falseNegatives: 100 });
});

it("class sizes are those of the rows that were evaluated", () => {
  const report = { problem: { positive_label: "yes" }, confusion_matrix: { labels: ["no", "yes"], counts: [[80, 5], [4, 11]] } } as unknown as TabularReport;
  expect(classSizes(report)).toEqual({ positives: 15, negatives: 85 });
  expect(classSizes({ ...report, confusion_matrix: null })).toBeNull();
});

it("a failed model stands behind those with a score", () => {
  const models = [{ name: "a", score: null }, { name: "b", score: -0.5 }, { name: "c", score: -0.2 }].map((model) => ({ ...model, model: "LGBM", state: "done" }));
  expect(ranked(models).map((model) => model.name)).toEqual(["c", "b", "a"]);
});

it("a card is told fact by fact", () => {
  expect(cardFacts({ rows: 5, none: null, source: { name: "a", labels: ["x", "y"] }, empty: [] })).toEqual([["rows", "5"], ["source.name", "a"], ["source.labels", "x, y"]]);
});

it("a card's words stand under what they are about", () => {
  const remark = { code: "past", message_en: "Old.", message_zh: "旧。" };
  expect(cardRemarks({ limits: [remark], cautions: [remark], rows: 5, parts: ["a"], none: [] })).toEqual([{ name: "limits", remarks: [remark] }]);
});

it("documents of another format are not drawn", () => {
  expect(parseTabularReport({ format: "openbml.report/2" })).toBeNull();
  expect(parseTabularReport(null)).toBeNull();
});
