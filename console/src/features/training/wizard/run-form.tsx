import { Alert, Button, Collapse, Form, Input, InputNumber } from "antd";
import { useEffect, useMemo } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { useDatasets } from "@/api/queries/datasets";
import { useMe, usePermissions } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import { useStartRun } from "@/api/queries/training";
import type { Experiment, Network, RunRequest, TrainingCatalog } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { DataFields } from "./data-fields";
import { HyperParameterField } from "./hyper-parameter-field";
import { MachineField, NetworkField } from "./resource-fields";
import { RunPrice } from "./run-price";
import { defaultOf } from "./run-values";

export interface RunFormValues {
  readonly dataset_id?: number;
  readonly labels?: string[];
  readonly evaluation_dataset_id?: number;
  readonly network: string;
  readonly hyper_parameters: Record<string, string | number>;
  readonly machine_type: string;
  readonly node_count: number;
  readonly max_training_minutes: number;
  readonly remark?: string;
}

interface Props {
  readonly projectId: number;
  readonly experiment: Experiment;
  readonly catalog: TrainingCatalog;
}

const DEFAULT_MINUTES = 60;

export function RunForm({ projectId, experiment, catalog }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [form] = Form.useForm<RunFormValues>();
  const me = useMe();
  const mayWrite = usePermissions(projectId).has("training.write");
  const datasetsQuery = useDatasets(projectId);
  const versions = useMemo(
    () => new Map(itemsOf(datasetsQuery.data).map((dataset) => [dataset.dataset_id, dataset.latest_version])),
    [datasetsQuery.data],
  );
  const start = useStartRun(projectId, experiment.experiment_id);
  const networks = useMemo(() => (catalog.networks as unknown as readonly Network[]).filter((network) => network.task === experiment.task_type), [catalog, experiment]);
  const values = Form.useWatch([], form) as Partial<RunFormValues> | undefined;
  const network = networks.find((candidate) => candidate.name === values?.network);
  const parameters = useMemo(
    () => catalog.hyper_parameters.filter((parameter) => parameter.task === experiment.task_type),
    [catalog, experiment],
  );
  const plain = parameters.filter((parameter) => !parameter.advanced);
  const advanced = parameters.filter((parameter) => parameter.advanced);

  useEffect(() => {
    if (!network) return;
    for (const parameter of parameters) {
      const path: ["hyper_parameters", string] = ["hyper_parameters", parameter.name];
      if (form.isFieldTouched(path)) continue;
      form.setFieldValue(path, defaultOf(parameter, network) ?? undefined);
    }
  }, [network, parameters, form]);

  const submit = (wanted: RunFormValues): void => {
    start.mutate(toRequest(wanted, versions), {
      onSuccess: (run) => void navigate(links.run(projectId, run.run_id)),
    });
  };
  const preset = Number(params.get("dataset")) || undefined;
  const recommended = networks.find((candidate) => candidate.recommended) ?? networks[0];
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      scrollToFirstError
      onFinish={submit}
      disabled={!mayWrite}
      initialValues={{
        ...(preset ? { dataset_id: preset } : {}),
        network: recommended?.name,
        machine_type: catalog.machines[0]?.code,
        node_count: 1,
        max_training_minutes: DEFAULT_MINUTES,
      }}
    >
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 8" }}>
          <Panel title={t("runs.form.data")}>
            <DataFields projectId={projectId} query={datasetsQuery} />
          </Panel>
          <Panel title={t("runs.form.network")}>
            <NetworkField networks={networks} chosen={network} />
          </Panel>
          <Panel title={t("runs.form.hyperParameters")}>
            <div className="ob-grid" style={{ rowGap: 0 }}>
              {plain.map((parameter) => (
                <HyperParameterField key={parameter.name} parameter={parameter} />
              ))}
            </div>
            {advanced.length > 0 ? (
              <Collapse
                ghost
                items={[
                  {
                    key: "advanced",
                    label: t("runs.form.advanced"),
                    forceRender: true,
                    children: (
                      <div className="ob-grid" style={{ rowGap: 0 }}>
                        {advanced.map((parameter) => (
                          <HyperParameterField key={parameter.name} parameter={parameter} />
                        ))}
                      </div>
                    ),
                  },
                ]}
              />
            ) : null}
          </Panel>
          <Panel title={t("runs.form.resources")}>
            <MachineField machines={catalog.machines} network={network} paid={me.data?.paid_billing ?? false} />
            <div className="ob-grid" style={{ rowGap: 0 }}>
              <Form.Item name="node_count" label={t("runs.form.nodes")} style={{ gridColumn: "span 6" }} rules={[{ required: true, message: t("form.required") }]}>
                <InputNumber min={1} max={6} precision={0} style={{ width: "100%" }} />
              </Form.Item>
              <Form.Item
                name="max_training_minutes"
                label={t("runs.form.maxMinutes")}
                extra={t("runs.form.maxMinutesHelp")}
                style={{ gridColumn: "span 6" }}
                rules={[{ required: true, message: t("form.required") }]}
              >
                <InputNumber min={1} max={43_200} precision={0} style={{ width: "100%" }} suffix={t("unit.minutes")} />
              </Form.Item>
            </div>
            <Form.Item name="remark" label={t("runs.form.remark")} style={{ marginBottom: 0 }}>
              <Input maxLength={200} placeholder={t("runs.form.remarkPlaceholder")} />
            </Form.Item>
          </Panel>
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 4", alignSelf: "start", position: "sticky", top: 0 }}>
          <RunPrice catalog={catalog} values={values} />
          {start.error ? <Alert type="error" showIcon title={problemText(start.error, t)} role="alert" /> : null}
          <Button type="primary" htmlType="submit" size="large" block loading={start.isPending}>
            {t("runs.submit")}
          </Button>
          <AsCommand command={commandOf(experiment.experiment_id, values)} />
        </div>
      </div>
    </Form>
  );
}

function selection(datasetId: number, versions: ReadonlyMap<number, number>) {
  return { dataset_id: datasetId, version_number: versions.get(datasetId) ?? 1 };
}

function toRequest(values: RunFormValues, versions: ReadonlyMap<number, number>): RunRequest {
  const training = selection(values.dataset_id ?? 0, versions);
  const parameters = Object.entries(values.hyper_parameters).filter(([, value]) => (value as unknown) !== null && (value as unknown) !== undefined);
  return {
    training_data: [values.labels?.length ? { ...training, labels: values.labels } : training],
    ...(values.evaluation_dataset_id ? { evaluation_data: [selection(values.evaluation_dataset_id, versions)] } : {}),
    network: values.network,
    hyper_parameters: Object.fromEntries(parameters),
    machine_type: values.machine_type,
    node_count: values.node_count,
    max_training_minutes: values.max_training_minutes,
    ...(values.remark ? { remark: values.remark } : {}),
  };
}

function commandOf(experimentId: number, values: Partial<RunFormValues> | undefined): string {
  const parts = [`bml runs start --experiment ${experimentId}`];
  if (values?.dataset_id) parts.push(`--dataset ${values.dataset_id}`);
  if (values?.network) parts.push(`--network ${values.network}`);
  if (values?.hyper_parameters?.epochs) parts.push(`--epochs ${values.hyper_parameters.epochs}`);
  if (values?.machine_type) parts.push(`--machine ${values.machine_type}`);
  return parts.join(" ");
}
