import { describe, expect, it } from "vitest";
import type { Dataset, TrainingTask } from "@/api/types";
import { datasetBlock, fitsTask } from "./task-data";

describe("datasets of the run form", () => {
  const task = { data_type: "image", annotation_type: "object_detection", template: "rectangle" } as TrainingTask;
  const dataset = { ...task, state: "import_finished", labelled_count: 3 } as unknown as Dataset;

  it("are of the task's kind", () => {
    expect(fitsTask(dataset, task)).toBe(true);
    expect(fitsTask({ ...dataset, annotation_type: "image_classification", template: "single_label" }, task)).toBe(false);
    expect(fitsTask(dataset, undefined)).toBe(false);
  });

  it("cannot be chosen while empty, being imported or being labelled", () => {
    expect(datasetBlock(dataset)).toBeNull();
    expect(datasetBlock({ ...dataset, labelled_count: 0 })).toBe("empty");
    expect(datasetBlock({ ...dataset, data_type: "table", labelled_count: 0, sample_count: 9 })).toBeNull();
    expect(datasetBlock({ ...dataset, state: "importing" })).toBe("importing");
    expect(datasetBlock({ ...dataset, state: "smart_labelling" })).toBe("smart_labelling");
  });
});
