import { Alert, Button, Form } from "antd";
import { useT } from "@/i18n";
import type { DataChoice } from "./form-values";
import { isSame, labelDifference } from "./label-sets";
import type { ChosenLabels } from "./use-chosen-labels";

interface Props {
  readonly training: ChosenLabels;
  readonly evaluation: ChosenLabels;
  readonly evaluationChoice: DataChoice | undefined;
}

const LISTED = 12;

/** Says before the start whether the labels of the evaluation set are those of the training (checklist 8). */
export function LabelCheck({ training, evaluation, evaluationChoice }: Props) {
  const t = useT();
  const form = Form.useFormInstance();
  if (!evaluationChoice?.dataset_id) return null;
  if (!training.isKnown || !evaluation.isKnown) return <p className="ob-muted ob-small">{t("runs.form.labelsUnknown")}</p>;
  const difference = labelDifference(training.classes, evaluation.classes);
  if (isSame(difference)) return <Alert type="success" showIcon title={t("runs.form.labelsSame", { count: training.classes.size })} />;
  const listed = (labels: readonly string[]) => [...labels.slice(0, LISTED), ...(labels.length > LISTED ? ["…"] : [])].join(", ");
  const reasons = [
    ...(difference.missing.length > 0 ? [t("runs.form.labelsMissing", { labels: listed(difference.missing) })] : []),
    ...(difference.extra.length > 0 ? [t("runs.form.labelsExtra", { labels: listed(difference.extra) })] : []),
  ];
  const canNarrow = difference.missing.length === 0;
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={t("runs.form.labelsDiffer")}
      description={reasons.join(" ")}
      action={
        canNarrow ? (
          <Button
            size="small"
            onClick={() => {
              form.setFieldValue(["evaluation", "labels"], [...training.classes].sort());
            }}
          >
            {t("runs.form.labelsNarrow")}
          </Button>
        ) : null
      }
    />
  );
}
