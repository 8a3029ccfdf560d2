import type { VersionRef } from "@/api/queries/datasets";
import { useVersionLabels } from "@/api/queries/labels";
import type { DataChoice } from "./form-values";
import { classesOf } from "./label-sets";

export interface ChosenLabels {
  readonly classes: ReadonlySet<string>;
  /** False while labels are being read, when they cannot be, or when there are too many to compare here. */
  readonly isKnown: boolean;
}

interface Chosen {
  readonly ref: VersionRef;
  readonly labels: readonly string[] | undefined;
}

function chosenOf(projectId: number, choices: readonly (DataChoice | undefined)[]): Chosen[] {
  return choices.flatMap((choice) =>
    choice?.dataset_id && choice.version_number
      ? [{ ref: { projectId, datasetId: choice.dataset_id, versionNumber: choice.version_number }, labels: choice.labels }]
      : [],
  );
}

/** The classes that the chosen dataset versions make together. */
export function useChosenLabels(projectId: number, choices: readonly (DataChoice | undefined)[]): ChosenLabels {
  const chosen = chosenOf(projectId, choices);
  const queries = useVersionLabels(chosen.map((choice) => choice.ref));
  const present = queries.map((query) => (query.data?.labels ?? []).filter((label) => label.sample_count > 0).map((label) => label.name));
  return {
    classes: classesOf(chosen.map((choice, index) => ({ labels: choice.labels, present: present[index] ?? [] }))),
    isKnown: chosen.every((choice, index) => (choice.labels?.length ?? 0) > 0 || queries[index]?.data?.isComplete === true),
  };
}
