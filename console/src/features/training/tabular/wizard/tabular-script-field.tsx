import { Alert, Form, Input } from "antd";
import { useTabularScript } from "@/api/queries/tabular";
import type { AlgorithmType, TrainingWay } from "@/api/tabular";
import { useT } from "@/i18n";
import { Problem } from "@/ui/problem";
import { EditedScript, MOST_CHARACTERS, usePresetInForm } from "../../wizard/preset-in-form";

interface Props {
  readonly network: string | undefined;
  readonly kind: AlgorithmType | undefined;
  readonly way: TrainingWay;
}

/** The generated script; only its `conf` may be edited, and the platform tells what is wrong with it (spec 03 section 4.3). */
export function TabularScriptField({ network, kind, way }: Props) {
  const t = useT();
  const isKnown = kind !== undefined && kind !== "automatic";
  const query = useTabularScript({ network: isKnown ? network : undefined, algorithmType: kind, trainingWay: way });
  const preset = query.data?.script;
  const text = usePresetInForm(preset);
  if (!isKnown) return <Alert type="info" showIcon title={t("tabular.scriptNeedsType")} />;
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <>
      <Form.Item
        name="script"
        label={t("tabular.scriptLabel")}
        extra={t("tabular.scriptHelp")}
        rules={[
          { required: true, message: t("form.required") },
          { max: MOST_CHARACTERS, message: t("form.tooLong", { max: MOST_CHARACTERS }) },
        ]}
      >
        <Input.TextArea className="ob-mono" rows={18} spellCheck={false} wrap="off" disabled={query.isPending} />
      </Form.Item>
      <EditedScript preset={preset} text={text} title={t("tabular.scriptEdited")} />
    </>
  );
}
