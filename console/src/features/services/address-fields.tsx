import { Form, Input } from "antd";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";

/** The suffix is part of the public address. */
const SUFFIX = /^[A-Za-z][A-Za-z0-9_-]{1,48}$/;

/** Asked for the first version of a model only. */
export function AddressFields() {
  const t = useT();
  return (
    <Panel title={t("services.form.address")}>
      <Form.Item
        name="name"
        label={t("field.name")}
        rules={[
          { required: true, whitespace: true, message: t("form.required") },
          { max: 50, message: t("form.tooLong", { max: 50 }) },
        ]}
      >
        <Input placeholder={t("services.form.namePlaceholder")} />
      </Form.Item>
      <Form.Item
        name="suffix"
        label={t("services.suffix")}
        extra={t("services.form.suffixHelp")}
        rules={[
          { required: true, message: t("form.required") },
          { pattern: SUFFIX, message: t("services.form.suffixRule") },
        ]}
        style={{ marginBottom: 0 }}
      >
        <Input prefix={<span className="ob-muted ob-mono">{"…/"}</span>} placeholder={t("services.form.suffixPlaceholder")} />
      </Form.Item>
    </Panel>
  );
}
