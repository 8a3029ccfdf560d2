import { Form, InputNumber, Select } from "antd";
import { useEffect } from "react";
import { useModelVersions } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import type { Model } from "@/api/types";
import { useT } from "@/i18n";
import { knobOf } from "@/ui/try-model/task-input";
import type { BatchValues } from "./batch-request";

interface Props {
  readonly projectId: number;
  readonly models: readonly Model[];
  readonly values: Partial<BatchValues> | undefined;
}

/** Which version answers, and the parameters that its task has. */
export function ModelFields({ projectId, models, values }: Props) {
  const t = useT();
  const form = Form.useFormInstance<BatchValues>();
  const modelId = values?.model_id;
  const query = useModelVersions(projectId, modelId);
  const versions = itemsOf(query.data).filter((version) => version.deployments.includes("cloud"));
  const newest = versions.reduce((most, version) => Math.max(most, version.version_number), 0);
  const version = versions.find((known) => known.version_number === values?.model_version);
  const variants = version?.variants ?? [];
  useEffect(() => {
    if (newest > 0 && !form.getFieldValue("model_version")) form.setFieldValue("model_version", newest);
  }, [newest, form, modelId]);
  const required = [{ required: true, message: t("form.required") }];
  const model = models.find((known) => known.model_id === modelId);
  const knob = !model || version?.contract === "framework" ? "none" : knobOf(model.task_type);
  return (
    <div className="ob-grid" style={{ rowGap: 0 }}>
      <Form.Item name="model_id" label={t("services.model")} rules={required} style={{ gridColumn: "span 6" }}>
        <Select
          showSearch={{ optionFilterProp: "label" }}
          options={models.map((known) => ({ value: known.model_id, label: known.name }))}
          onChange={() => {
            form.resetFields(["model_version", "variant"]);
          }}
        />
      </Form.Item>
      <Form.Item name="model_version" label={t("field.version")} rules={required} style={{ gridColumn: "span 3" }}>
        <Select loading={query.isPending} options={versions.map((version) => ({ value: version.version_number, label: `V${version.version_number}` }))} />
      </Form.Item>
      {variants.length > 1 ? (
        <Form.Item name="variant" initialValue="fp32" label={t("services.variant")} style={{ gridColumn: "span 3" }}>
          <Select options={variants.map(({ precision }) => ({ value: precision, label: precision }))} />
        </Form.Item>
      ) : null}
      {knob === "top" ? (
        <Form.Item name="top_num" label={t("batch.top")} style={{ gridColumn: "span 6", marginBottom: 0 }}>
          <InputNumber min={1} max={1000} precision={0} placeholder="6" style={{ width: "100%" }} />
        </Form.Item>
      ) : null}
      {knob === "threshold" ? (
        <Form.Item name="threshold" label={t("batch.threshold")} extra={t("batch.thresholdHelp")} style={{ gridColumn: "span 6", marginBottom: 0 }}>
          <InputNumber min={0} max={1} step={0.01} style={{ width: "100%" }} />
        </Form.Item>
      ) : null}
    </div>
  );
}
