import { Form, Select } from "antd";
import { useEffect } from "react";
import { useModelVersions } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import { useFrameworkName } from "@/api/queries/repository";
import { useT } from "@/i18n";

interface Props {
  readonly projectId: number;
  readonly modelId: number | undefined;
  /** A version that is online already. */
  readonly without?: number;
}

/** The versions of a model that can be served; the newest is chosen first. */
export function VersionField({ projectId, modelId, without }: Props) {
  const t = useT();
  const form = Form.useFormInstance<{ model_version?: number }>();
  const frameworkName = useFrameworkName(projectId);
  const query = useModelVersions(projectId, modelId);
  const versions = itemsOf(query.data).filter((version) => version.version_number !== without && version.deployments.includes("cloud"));
  const newest = versions.reduce((most, version) => Math.max(most, version.version_number), 0);
  useEffect(() => {
    if (newest > 0 && !form.getFieldValue("model_version")) form.setFieldValue("model_version", newest);
  }, [newest, form, modelId]);
  return (
    <Form.Item name="model_version" label={t("field.version")} rules={[{ required: true, message: t("form.required") }]} style={{ marginBottom: 0 }}>
      <Select
        loading={query.isPending}
        notFoundContent={t("services.form.noVersion")}
        options={versions.map((version) => ({
          value: version.version_number,
          label: t("services.form.versionOption", { version: `V${version.version_number}`, network: frameworkName(version) }),
        }))}
      />
    </Form.Item>
  );
}
