import type { Dataset, TrainingTask } from "@/api/types";

export type DatasetBlock = "empty" | "importing" | "smart_labelling" | "deleting";

/** Datasets of other kinds are not listed at all (spec 03 section 2.3, condition 1). */
export function fitsTask(dataset: Pick<Dataset, "data_type" | "annotation_type" | "template">, task: TrainingTask | undefined): boolean {
  return dataset.data_type === task?.data_type && dataset.annotation_type === task.annotation_type && dataset.template === task.template;
}

/** Rows of a table are learnt from as they are; samples of other kinds need labels. */
export const usableCount = (data: Pick<Dataset, "labelled_count" | "sample_count">, isTable: boolean): number => (isTable ? data.sample_count : data.labelled_count);

/** Why a dataset of the right kind cannot be trained on now (conditions 2 and 3). */
export function datasetBlock(dataset: Pick<Dataset, "data_type" | "state" | "labelled_count" | "sample_count">): DatasetBlock | null {
  if (dataset.state === "importing" || dataset.state === "smart_labelling" || dataset.state === "deleting") return dataset.state;
  return usableCount(dataset, dataset.data_type === "table") > 0 ? null : "empty";
}
