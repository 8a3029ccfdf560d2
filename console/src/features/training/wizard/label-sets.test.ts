import { expect, it } from "vitest";
import { forFamily, missingNames } from "./script-text";
import { classesOf, isSame, labelDifference } from "./label-sets";

it("labels of one name are one class, and chosen labels stand for all of a version", () => {
  expect(classesOf([{ present: ["a", "b"] }, { labels: ["b"], present: ["b", "c"] }])).toEqual(new Set(["a", "b"]));
});

it("an evaluation set with one label more or less is told", () => {
  const training = new Set(["a", "b"]);
  expect(labelDifference(training, new Set(["b", "c"]))).toEqual({ missing: ["a"], extra: ["c"] });
  expect(isSame(labelDifference(training, new Set(["b", "a"])))).toBe(true);
});

it("a script must define conf and create_model", () => {
  expect(missingNames("conf = {}\n\ndef create_model(backbone, class_count):\n    pass\n")).toEqual([]);
  expect(missingNames("# conf = {}\ndef create_models():\n    pass\n")).toEqual(["conf", "create_model"]);
});

it("the generated script takes the family of weights that was chosen", () => {
  expect(forFamily('conf = {\n    "weights_family": "public",  # one of\n}', "very_large_scale")).toContain('"weights_family": "very_large_scale",  # one of');
});
