import type { TrainingTask } from "@/api/types";
import { useT } from "@/i18n";
import type { RunFormValues } from "./form-values";
import { isSame, labelDifference } from "./label-sets";
import type { ChosenLabels } from "./use-chosen-labels";

interface Given {
  readonly task: TrainingTask | undefined;
  readonly values: Partial<RunFormValues> | undefined;
  readonly training: ChosenLabels;
  readonly evaluation: ChosenLabels;
}

/** Why a run cannot start, as far as the chosen labels tell; empty = it can. */
export function useStartBlocks({ task, values, training, evaluation }: Given): string[] {
  const t = useT();
  const blocks: string[] = [];
  const hasData = values?.training?.some((choice) => choice.dataset_id !== undefined) ?? false;
  const fewest = task?.fewest_labels ?? 1;
  if (hasData && training.isKnown && training.classes.size < fewest) blocks.push(t("runs.form.fewLabels", { fewest, count: training.classes.size }));
  if (values?.evaluation?.dataset_id && training.isKnown && evaluation.isKnown && !isSame(labelDifference(training.classes, evaluation.classes))) {
    blocks.push(t("runs.form.labelsDifferShort"));
  }
  return blocks;
}
