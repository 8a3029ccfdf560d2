import { Form, Input } from "antd";
import { usePresetScript } from "@/api/queries/training";
import type { Network } from "@/api/types";
import { useT } from "@/i18n";
import { Problem } from "@/ui/problem";
import { EditedScript, MOST_CHARACTERS, usePresetInForm } from "./preset-in-form";
import { forFamily, missingNames } from "./script-text";

interface Props {
  readonly taskType: string;
  readonly network: Network | undefined;
  readonly family: string | undefined;
}

/** The script of the chosen network; only `conf` and `create_model` are read (spec 03 section 2.4). */
export function ScriptField({ taskType, network, family }: Props) {
  const t = useT();
  const query = usePresetScript(taskType, network?.name, true);
  const preset = query.data ? forFamily(query.data.script, family) : undefined;
  const text = usePresetInForm(preset);
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <>
      <Form.Item
        name="script"
        label={t("runs.form.script")}
        extra={t("runs.form.scriptHelp")}
        rules={[
          { required: true, message: t("form.required") },
          { max: MOST_CHARACTERS, message: t("form.tooLong", { max: MOST_CHARACTERS }) },
          {
            validator: (_, script: string | undefined) => {
              const missing = missingNames(script ?? "");
              return missing.length === 0 ? Promise.resolve() : Promise.reject(new Error(t("runs.form.scriptLacks", { names: missing.join(", ") })));
            },
          },
        ]}
      >
        <Input.TextArea className="ob-mono" rows={22} spellCheck={false} wrap="off" disabled={query.isPending} />
      </Form.Item>
      <EditedScript preset={preset} text={text} title={t("runs.form.scriptEdited", { network: network?.name ?? "" })} />
    </>
  );
}
