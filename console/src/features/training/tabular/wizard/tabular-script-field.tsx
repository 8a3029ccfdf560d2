import { Alert, Button, Form, Input } from "antd";
import { useEffect, useRef } from "react";
import { useTabularScript } from "@/api/queries/tabular";
import type { AlgorithmType, TrainingWay } from "@/api/tabular";
import { useT } from "@/i18n";
import { Problem } from "@/ui/problem";

interface Props {
  readonly network: string | undefined;
  readonly kind: AlgorithmType | undefined;
  readonly way: TrainingWay;
}

const MOST_CHARACTERS = 65_536;

/** The generated script; only its `conf` may be edited, and the platform tells what is wrong with it (spec 03 section 4.3). */
export function TabularScriptField({ network, kind, way }: Props) {
  const t = useT();
  const form = Form.useFormInstance();
  const isKnown = kind !== undefined && kind !== "automatic";
  const query = useTabularScript({ network: isKnown ? network : undefined, algorithmType: kind, trainingWay: way });
  const preset = query.data?.script;
  const filled = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (preset === undefined) return;
    const current = form.getFieldValue("script") as string | undefined;
    // Another model brings its own script, unless the person has edited this one.
    if (current === undefined || current === "" || current === filled.current) form.setFieldValue("script", preset);
    filled.current = preset;
  }, [preset, form]);
  const text = Form.useWatch<string | undefined>("script", form);
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
      {preset !== undefined && text !== undefined && text !== preset ? (
        <Alert
          type="info"
          showIcon
          title={t("tabular.scriptEdited")}
          action={
            <Button
              size="small"
              onClick={() => {
                form.setFieldValue("script", preset);
              }}
            >
              {t("runs.form.scriptReset")}
            </Button>
          }
        />
      ) : null}
    </>
  );
}
