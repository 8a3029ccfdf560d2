import { Form, InputNumber } from "antd";
import { useT } from "@/i18n";

/** Quota and instances (spec 03 section 10.1). */
export function SizeFields() {
  const t = useT();
  const required = [{ required: true, message: t("form.required") }];
  return (
    <div className="ob-grid">
      <Form.Item name="compute_units" label={t("services.units")} extra={t("services.form.unitsHelp")} style={{ gridColumn: "span 6", marginBottom: 0 }} rules={required}>
        <InputNumber min={1} max={16} precision={0} style={{ width: "100%" }} />
      </Form.Item>
      <Form.Item name="instances" label={t("services.instances")} extra={t("services.form.instancesHelp")} style={{ gridColumn: "span 6", marginBottom: 0 }} rules={required}>
        <InputNumber min={2} max={100} precision={0} style={{ width: "100%" }} />
      </Form.Item>
    </div>
  );
}
