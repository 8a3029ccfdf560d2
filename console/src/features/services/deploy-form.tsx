import { Alert, Button, Checkbox, Form, Select } from "antd";
import { useNavigate } from "react-router";
import { useModelVersion } from "@/api/queries/models";
import { useChangeService, useDeploy, type Size } from "@/api/queries/service-changes";
import type { Variant } from "@/api/serving";
import type { Model, Service } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { PerformancePanel } from "@/ui/performance/performance-panel";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { AddressFields } from "./address-fields";
import { deployCommand, deployRequest, type DeployValues } from "./deploy-request";
import { ExpectedPerformance } from "./expected-performance";
import { ServicePrice } from "./service-price";
import { SizeFields } from "./size-fields";
import { VariantField } from "./variant-field";
import { VersionField } from "./version-field";

interface Props {
  readonly projectId: number;
  readonly models: readonly Model[];
  readonly modelId: number;
  readonly version: number | undefined;
}

/** One page from a version to a running service; a model that has its service keeps the address (spec 08 section 2.1). */
export function DeployForm({ projectId, models, modelId, version }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const [form] = Form.useForm<DeployValues>();
  const values = Form.useWatch([], form) as Partial<DeployValues> | undefined;
  const model = models.find((known) => known.model_id === (values?.model_id ?? modelId));
  const serviceId = model?.service_id ?? null;
  const deploy = useDeploy(projectId);
  const change = useChangeService(projectId, serviceId ?? 0);
  const isLater = values?.later === true;
  const open = (service: Service): void => void navigate(links.service(projectId, service.service_id));
  const submit = (wanted: DeployValues): void => {
    if (serviceId === null) deploy.mutate(deployRequest(wanted), { onSuccess: open });
    else change.mutate(sizedChange(wanted), { onSuccess: open });
  };
  const error = deploy.error ?? change.error;
  return (
    <Form form={form} layout="vertical" requiredMark={false} scrollToFirstError onFinish={submit} initialValues={{ model_id: modelId, model_version: version, compute_units: 1, instances: 2, later: false }}>
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 8" }}>
          <Panel title={t("services.form.what")}>
            <Form.Item name="model_id" label={t("services.model")} rules={[{ required: true, message: t("form.required") }]}>
              <Select
                showSearch={{ optionFilterProp: "label" }}
                options={models.map((entry) => ({ value: entry.model_id, label: entry.name }))}
                onChange={() => {
                  form.setFieldValue("model_version", undefined);
                }}
              />
            </Form.Item>
            <VersionField projectId={projectId} modelId={model?.model_id} />
            {values?.model_id && values.model_version ? <VariantField key={`${values.model_id}/${values.model_version}`} projectId={projectId} modelId={values.model_id} version={values.model_version} /> : null}
          </Panel>
          {serviceId === null ? <AddressFields /> : <Alert type="info" showIcon title={t("services.form.sameService")} description={t("services.form.sameServiceText")} />}
          <Panel title={t("services.form.size")}>
            <div className="ob-stack">
              <span>{t("services.form.machine")}</span>
              {isLater ? <Alert type="info" showIcon title={t("services.form.laterText")} /> : <SizeFields />}
              {serviceId === null ? (
                <Form.Item name="later" valuePropName="checked" noStyle>
                  <Checkbox>{t("services.form.later")}</Checkbox>
                </Form.Item>
              ) : null}
            </div>
          </Panel>
          {values?.model_id && values.model_version ? <Performance projectId={projectId} modelId={values.model_id} version={values.model_version} variant={values.variant ?? "fp32"} /> : null}
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 4", alignSelf: "start" }}>
          <ServicePrice units={isLater ? null : values?.compute_units} instances={isLater ? null : values?.instances} />
          {values?.model_id && values.model_version && !isLater ? (
            <ExpectedPerformance
              measured={{ projectId, modelId: values.model_id, version: values.model_version, variant: values.variant ?? "fp32" }}
              units={values.compute_units ?? 0}
              instances={values.instances ?? 0}
            />
          ) : null}
          {error ? <Alert type="error" showIcon role="alert" title={problemText(error, t)} /> : null}
          <Button type="primary" htmlType="submit" size="large" block loading={deploy.isPending || change.isPending}>
            {t(serviceId !== null ? "services.form.switch" : isLater ? "services.form.create" : "services.form.start")}
          </Button>
          <AsCommand command={deployCommand(values ?? {}, serviceId)} />
        </div>
      </div>
    </Form>
  );
}

const sizedChange = ({ model_version, variant, compute_units, instances }: DeployValues & Partial<Size>) => ({ model_version, compute_units, instances, ...(variant ? { variant } : {}) });

interface PerformanceProps {
  readonly projectId: number;
  readonly modelId: number;
  readonly version: number;
  readonly variant: Variant;
}

function Performance({ projectId, modelId, version, variant }: PerformanceProps) {
  const query = useModelVersion(projectId, modelId, version);
  if (query.data?.source !== "preset") return null;
  return <PerformancePanel measured={{ projectId, modelId, version, variant }} isPreset />;
}
