import { Alert, Form, InputNumber, Radio } from "antd";
import type { AugmentationOperator } from "@/api/types";
import { useT } from "@/i18n";
import { AugmentationPreview } from "./augmentation-preview";
import type { OperatorChoice, RunFormValues } from "./form-values";
import { OperatorList } from "./operator-list";

interface Props {
  readonly projectId: number;
  readonly taskType: string;
  readonly operators: readonly AugmentationOperator[];
  readonly values: Partial<RunFormValues> | undefined;
}

const MODES = ["default", "manual", "auto", "none"] as const;

const FIRST_MINUTES = 15;

/** How training varies its pictures (spec 03 section 2.9, checklist 7). */
export function AugmentationFields({ projectId, taskType, operators, values }: Props) {
  const t = useT();
  const mode = values?.augmentation?.mode ?? "default";
  return (
    <>
      <Form.Item name={["augmentation", "mode"]} style={{ marginBottom: 12 }}>
        <Radio.Group optionType="button" aria-label={t("runs.form.augmentation")} options={MODES.map((value) => ({ value, label: t(`augmentation.mode.${value}`) }))} />
      </Form.Item>
      <p className="ob-muted ob-small" style={{ marginTop: 0 }}>
        {t(`augmentation.help.${mode}`)}
      </p>
      {mode === "auto" ? (
        <>
          <Form.Item
            name={["augmentation", "search_minutes"]}
            label={t("augmentation.minutes")}
            initialValue={FIRST_MINUTES}
            style={{ maxWidth: 280 }}
            rules={[
              { required: true, message: t("form.required") },
              { type: "number", max: (values?.max_training_minutes ?? 2) - 1, message: t("augmentation.minutesPart") },
            ]}
          >
            <InputNumber min={1} precision={0} suffix={t("unit.minutes")} style={{ width: "100%" }} />
          </Form.Item>
          <Alert type="info" showIcon title={t("augmentation.autoBilled")} />
        </>
      ) : null}
      {mode === "manual" ? (
        <Form.Item
          name={["augmentation", "operators"]}
          rules={[
            {
              validator: (_, chosen: Readonly<Record<string, OperatorChoice>> | undefined) =>
                Object.keys(chosen ?? {}).length === 0 ? Promise.reject(new Error(t("augmentation.chooseOne"))) : Promise.resolve(),
            },
          ]}
        >
          <OperatorList operators={operators} />
        </Form.Item>
      ) : null}
      {mode === "manual" || mode === "default" ? <AugmentationPreview projectId={projectId} taskType={taskType} operators={operators} values={values} /> : null}
    </>
  );
}
