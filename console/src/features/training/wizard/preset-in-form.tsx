import { Alert, Button, Form } from "antd";
import { useEffect, useRef } from "react";
import { useT } from "@/i18n";

/** Most characters of a script. */
export const MOST_CHARACTERS = 65_536;

/** Keep the form's script a preset until a person edits it; another preset then leaves theirs alone. */
export function usePresetInForm(preset: string | undefined): string | undefined {
  const form = Form.useFormInstance();
  const filled = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (preset === undefined) return;
    const current = form.getFieldValue("script") as string | undefined;
    if (current === undefined || current === "" || current === filled.current) form.setFieldValue("script", preset);
    filled.current = preset;
  }, [preset, form]);
  return Form.useWatch("script", form) as string | undefined;
}

/** That the form's script is not the preset, and the way back to it. */
export function EditedScript({ preset, text, title }: { readonly preset: string | undefined; readonly text: string | undefined; readonly title: string }) {
  const t = useT();
  const form = Form.useFormInstance();
  if (preset === undefined || text === undefined || text === preset) return null;
  return (
    <Alert
      type="info"
      showIcon
      title={title}
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
  );
}
