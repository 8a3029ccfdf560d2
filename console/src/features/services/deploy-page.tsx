import { Alert, Button, Form, Input, InputNumber, Select } from "antd";
import { useEffect } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { useModels, useModelVersions } from "@/api/queries/models";
import { usePrices } from "@/api/queries/metering";
import { itemsOf } from "@/api/queries/paging";
import { useDeploy } from "@/api/queries/services";
import type { Model } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { ServicePrice } from "./service-price";
import { VariantField } from "./variant-field";

interface Values {
  readonly name: string;
  readonly suffix: string;
  readonly model_id: number;
  readonly model_version: number;
  readonly compute_units: number;
  readonly instances: number;
  readonly variant?: "fp32" | "int8" | "fp16";
}

/** The suffix is part of the public address. */
export const SUFFIX = /^[A-Za-z][A-Za-z0-9_-]{1,48}$/;

export function DeployPage() {
  const t = useT();
  const projectId = useProjectId();
  const models = useModels(projectId);
  return (
    <Page title={t("services.deploy")} crumbs={[{ label: t("nav.services"), to: links.services(projectId) }]}>
      <QueryView query={models}>
        {(data) => {
          const items = itemsOf(data);
          if (items.length === 0) {
            return (
              <Panel>
                <EmptyState title={t("services.noModel.title")} text={t("services.noModel.text")} />
              </Panel>
            );
          }
          return <DeployForm projectId={projectId} models={items} />;
        }}
      </QueryView>
    </Page>
  );
}

function DeployForm({ projectId, models }: { readonly projectId: number; readonly models: readonly Model[] }) {
  const t = useT();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [form] = Form.useForm<Values>();
  const values = Form.useWatch([], form) as Partial<Values> | undefined;
  const deploy = useDeploy(projectId);
  const prices = usePrices();
  const price = prices.data?.prices.find((entry) => entry.module === "online_service" && entry.machine === "SVC_CPU");
  const submit = (wanted: Values): void => {
    deploy.mutate(
      { ...wanted, name: wanted.name.trim() },
      { onSuccess: (service) => void navigate(links.service(projectId, service.service_id)) },
    );
  };
  const command = [
    `bml services deploy ${JSON.stringify(values?.name ?? "")}`,
    `--suffix ${values?.suffix ?? ""}`,
    `--model ${values?.model_id ?? ""} --model-version ${values?.model_version ?? ""}`,
    `--compute-units ${values?.compute_units ?? ""} --instances ${values?.instances ?? ""}`,
  ].join(" ");
  const model = Number(params.get("model")) || models[0]?.model_id;
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      scrollToFirstError
      onFinish={submit}
      initialValues={{ model_id: model, model_version: Number(params.get("version")) || undefined, compute_units: 1, instances: 2 }}
    >
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 8" }}>
          <Panel title={t("services.form.what")}>
            <Form.Item name="model_id" label={t("services.model")} rules={[{ required: true, message: t("form.required") }]}>
              <Select
                options={models.map((entry) => ({ value: entry.model_id, label: entry.name }))}
                onChange={() => {
                  form.setFieldValue("model_version", undefined);
                }}
              />
            </Form.Item>
            <VersionField projectId={projectId} modelId={values?.model_id ?? model} />
            {values?.model_id && values.model_version ? <VariantField key={`${values.model_id}/${values.model_version}`} projectId={projectId} modelId={values.model_id} version={values.model_version} /> : null}
          </Panel>
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
              <Input prefix={<span className="ob-muted ob-mono">{"…/classification/"}</span>} placeholder={t("services.form.suffixPlaceholder")} />
            </Form.Item>
          </Panel>
          <Panel title={t("services.form.size")}>
            <div className="ob-grid">
              <Form.Item name="compute_units" label={t("services.units")} extra={t("services.form.unitsHelp")} style={{ gridColumn: "span 6", marginBottom: 0 }} rules={[{ required: true, message: t("form.required") }]}>
                <InputNumber min={1} max={16} precision={0} style={{ width: "100%" }} />
              </Form.Item>
              <Form.Item name="instances" label={t("services.instances")} extra={t("services.form.instancesHelp")} style={{ gridColumn: "span 6", marginBottom: 0 }} rules={[{ required: true, message: t("form.required") }]}>
                <InputNumber min={2} max={100} precision={0} style={{ width: "100%" }} />
              </Form.Item>
            </div>
          </Panel>
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 4", alignSelf: "start" }}>
          <ServicePrice price={price} units={values?.compute_units ?? 0} instances={values?.instances ?? 0} />
          {deploy.error ? <Alert type="error" showIcon role="alert" title={problemText(deploy.error, t)} /> : null}
          <Button type="primary" htmlType="submit" size="large" block loading={deploy.isPending}>
            {t("services.deploy")}
          </Button>
          <AsCommand command={command} />
        </div>
      </div>
    </Form>
  );
}

function VersionField({ projectId, modelId }: { readonly projectId: number; readonly modelId: number | undefined }) {
  const t = useT();
  const form = Form.useFormInstance<Values>();
  const query = useModelVersions(projectId, modelId);
  const versions = itemsOf(query.data);
  const newest = versions.reduce((most, version) => Math.max(most, version.version_number), 0);
  useEffect(() => {
    if (newest > 0 && !form.getFieldValue("model_version")) form.setFieldValue("model_version", newest);
  }, [newest, form, modelId]);
  return (
    <Form.Item name="model_version" label={t("field.version")} rules={[{ required: true, message: t("form.required") }]} style={{ marginBottom: 0 }}>
      <Select
        loading={query.isPending}
        options={versions.map((version) => ({
          value: version.version_number,
          label: t("services.form.versionOption", { version: `V${version.version_number}`, network: version.network }),
        }))}
      />
    </Form.Item>
  );
}
