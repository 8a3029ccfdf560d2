import { Form, Input } from "antd";
import { useT } from "@/i18n";

const EXAMPLE = "s3://bucket/prefix/";
const PLACE = /^(s3:\/\/[^/\s]+\/|bos:\/[^/\s]+\/)\S*$/;

/** Where in the customer's own bucket; the platform needs the right to write there. */
export function StoragePath({ name }: { readonly name: string }) {
  const t = useT();
  return (
    <Form.Item
      name={name}
      label={t("datasets.storage.path")}
      extra={t("datasets.storage.pathHelp")}
      rules={[
        { required: true, whitespace: true, message: t("form.required") },
        { pattern: PLACE, message: t("datasets.storage.pathWrong") },
      ]}
    >
      <Input className="ob-mono" placeholder={EXAMPLE} />
    </Form.Item>
  );
}
