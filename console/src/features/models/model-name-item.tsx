import { Form, Input } from "antd";
import { useT } from "@/i18n";

const LONGEST = 50;

/** The form item of a model's name, with its rules. */
export function ModelNameItem() {
  const t = useT();
  return (
    <Form.Item
      name="name"
      label={t("field.name")}
      rules={[
        { required: true, whitespace: true, message: t("form.required") },
        { max: LONGEST, message: t("form.tooLong", { max: LONGEST }) },
      ]}
    >
      <Input autoFocus />
    </Form.Item>
  );
}
