import { describe, expect, it } from "vitest";
import { entitiesOf, scoresOf, similarityOf, textsOf, tokensOf } from "./answers";
import { exampleRequest } from "./framework-examples";
import { inputOf, knobRequest, shortened, textRequest } from "./task-input";

const knobs = { top: 3, threshold: null };

describe("a request", () => {
  it("has what the model's task takes", () => {
    expect(textRequest("text_classification", ["slow", ""], knobs)).toEqual({ text: "slow", top_num: 3 });
    expect(textRequest("text_classification_multi_label", ["slow", ""], { top: 3, threshold: 0.4 })).toEqual({ text: "slow", threshold: 0.4 });
    expect(textRequest("short_text_matching", ["a", "b"], knobs)).toEqual({ text_a: "a", text_b: "b" });
    expect(textRequest("sequence_labelling", ["  A l\ni ", ""], knobs)).toEqual({ text: "A l i" });
    expect(knobRequest("ocr", knobs)).toEqual({});
  });

  it("is JSON for a framework's own API, whatever the task", () => {
    expect(inputOf("image_classification", "framework")).toBe("json");
    expect(inputOf("image_classification", "task")).toBe("picture");
    expect(inputOf("something new", undefined)).toBe("json");
  });

  it("is shown without its long parts", () => {
    expect(shortened({ image: "A".repeat(9000), top_num: 2, rows: [{ a: "b" }] })).toEqual({ image: `${"A".repeat(48)}… (9000)`, top_num: 2, rows: [{ a: "b" }] });
  });

  it("has an example for every framework", () => {
    expect(exampleRequest("sklearn")).toEqual({ instances: [{ features: [10, 20, 30, 20] }] });
    for (const framework of ["paddlepaddle", "tensorflow", "pytorch", "xgboost", null, "other"]) expect(exampleRequest(framework)).toHaveProperty("instances");
  });
});

describe("an answer", () => {
  it("marks entities by characters, not by code units, and leaves out what lies outside", () => {
    const { entities } = entitiesOf({ content: "𝒜lice in Lyon", results: [{ span: "𝒜lice", offset: 0, tag: "PER" }, { span: "Lyon", offset: 9, tag: "LOC" }, { span: "x", offset: 99, tag: "LOC" }, { span: "x", offset: -1, tag: "LOC" }, null] });
    expect(entities).toEqual([{ start: 0, end: 5, label: "PER" }, { start: 9, end: 13, label: "LOC" }]);
  });

  it("has a tag for each token, empty where the model gave none", () => {
    expect(tokensOf({ raw_text: ["A", "l"], label: ["B-PER"] })).toEqual([{ token: "A", tag: "B-PER" }, { token: "l", tag: "" }]);
  });

  it("of a document is read in both shapes", () => {
    const points = [{ x: 1, y: 2 }, { x: 9, y: 2 }, { x: 9, y: 8 }, { x: 1, y: 8 }];
    expect(textsOf({ results: [{ text: "TOTAL", score: 0.9, name: "text", location: { points } }] })).toEqual([{ text: "TOTAL", score: 0.9, name: "text", points: [[1, 2], [9, 2], [9, 8], [1, 8]] }]);
    expect(textsOf({ words_result_num: 1, words_result: [{ words: "Invoice", score: 0.98 }] })).toEqual([{ text: "Invoice", score: 0.98, name: "", points: [] }]);
  });

  it("that is nonsense is empty, not a crash", () => {
    for (const document of [{}, { results: 3 }, { results: [null, "x", { score: "high" }] }]) {
      expect(scoresOf(document)).toEqual([]);
      expect(entitiesOf(document).entities).toEqual([]);
    }
    expect(similarityOf({ score: "0.3" })).toBeNull();
    expect(similarityOf({ score: 0.3 })).toBe(0.3);
  });
});
