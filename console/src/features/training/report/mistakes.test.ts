import { describe, expect, it } from "vitest";
import { ALL_MISTAKES, examplesOf, marksOf, mistakesByLabel, mistakesOf, tellsKinds } from "./mistakes";
import type { WrongExample } from "./report";

const texts = { percent: (value: number) => `${value * 100} %` };
const plain = (id: string, label: string): WrongExample => ({ sample_id: id, name: "a.jpg", true: label, predicted: "x", score: 0.5 });
const objects: WrongExample = {
  sample_id: "1",
  name: "b.jpg",
  width: 100,
  height: 80,
  false_positives: [{ label: "car", score: 0.8, box: [1, 2, 30, 40] }],
  missed: [{ label: "sign", box: [5, 5, 9, 9], mask: "x" }],
  right: [{ label: "car", score: 0.9, box: [50, 50, 60, 60] }],
};
const pixels: WrongExample = {
  sample_id: "2",
  name: "c.jpg",
  missed_mask: "all missed",
  false_mask: "all false",
  per_label: [{ label: "road", missed_pixels: 7, false_pixels: 0, missed_mask: "road missed", false_mask: "" }],
};

describe("wrong examples", () => {
  it("of a classification count by true label, the most first", () => {
    expect(mistakesByLabel([plain("1", "3"), plain("2", "5"), plain("3", "5")])).toEqual([{ label: "5", count: 2 }, { label: "3", count: 1 }]);
    expect(tellsKinds([plain("1", "3")])).toBe(false);
  });

  it("of objects have false positives and missed ones", () => {
    expect(mistakesOf(objects)).toEqual([{ label: "car", kind: "false_positive" }, { label: "sign", kind: "missed" }]);
    expect(mistakesOf(pixels)).toEqual([{ label: "road", kind: "missed" }]);
    expect(tellsKinds([objects])).toBe(true);
  });

  it("are filtered by label and by kind together", () => {
    const missedOnly = { ...ALL_MISTAKES, falsePositives: false };
    expect(examplesOf([objects, plain("3", "car")], { ...missedOnly, label: "car" }).map((example) => example.sample_id)).toEqual(["3"]);
    expect(examplesOf([objects], missedOnly)).toEqual([objects]);
    expect(examplesOf([objects], { label: null, falsePositives: false, missed: false })).toEqual([]);
  });
});

describe("marks of a wrong example", () => {
  it("are red for false positives, orange for missed and green for right ones", () => {
    expect(marksOf(objects, ALL_MISTAKES, true, texts).map((mark) => [mark.label, mark.tone, mark.text])).toEqual([
      ["car", "right", "90 %"],
      ["sign", "missed", null],
      ["car", "false_positive", "80 %"],
    ]);
  });

  it("follow the filter", () => {
    expect(marksOf(objects, { ...ALL_MISTAKES, label: "sign" }, false, texts).map((mark) => mark.mask)).toEqual(["x"]);
    expect(marksOf(pixels, ALL_MISTAKES, false, texts).map((mark) => mark.mask)).toEqual(["all missed", "all false"]);
    expect(marksOf(pixels, { ...ALL_MISTAKES, label: "road" }, false, texts).map((mark) => mark.mask)).toEqual(["road missed"]);
  });
});
