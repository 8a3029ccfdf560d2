import { Alert, App, Button, Form, Input, Select } from "antd";
import { useNavigate, useSearchParams } from "react-router";
import { useModels, usePublish } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import { useExperiment, useRun } from "@/api/queries/training";
import type { Experiment, Model, Run } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Facts, Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";

const NEW_MODEL = 0;

interface Values {
  readonly model_id: number;
  readonly name?: string;
  readonly description?: string;
}

export function PublishPage() {
  const t = useT();
  const projectId = useProjectId();
  const [params] = useSearchParams();
  const runId = Number(params.get("run")) || 0;
  const run = useRun(projectId, runId);
  const experiment = useExperiment(projectId, run.data?.experiment_id);
  const models = useModels(projectId);
  return (
    <Page
      title={t("models.publish")}
      crumbs={[
        { label: t("nav.models"), to: links.models(projectId) },
        { label: t("runs.nameShort", { version: run.data ? `V${run.data.version_number}` : "" }), to: links.run(projectId, runId) },
      ]}
    >
      <QueryView query={run}>
        {(known) => (
          <QueryView query={experiment}>
            {(from) => (
              <QueryView query={models}>
                {(data) => <PublishForm projectId={projectId} run={known} experiment={from} models={itemsOf(data)} />}
              </QueryView>
            )}
          </QueryView>
        )}
      </QueryView>
    </Page>
  );
}

interface FormProps {
  readonly projectId: number;
  readonly run: Run;
  readonly experiment: Experiment;
  readonly models: readonly Model[];
}

function PublishForm({ projectId, run, experiment, models }: FormProps) {
  const t = useT();
  const format = useFormat();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const publish = usePublish(projectId);
  const [form] = Form.useForm<Values>();
  const modelId = Form.useWatch("model_id", form) as number | undefined;
  const name = Form.useWatch("name", form) ?? "";
  const fitting = models.filter((model) => model.task_type === experiment.task_type);
  const sameName = fitting.find((model) => model.name === experiment.name);
  const submit = (values: Values): void => {
    publish.mutate(
      {
        runId: run.run_id,
        description: values.description ?? "",
        target:
          values.model_id === NEW_MODEL
            ? { name: (values.name ?? "").trim(), taskType: experiment.task_type }
            : { modelId: values.model_id },
      },
      {
        onSuccess: (version) => {
          void message.success(t("models.published", { version: `V${version.version_number}` }));
          void navigate(links.modelVersion(projectId, version.model_id, version.version_number));
        },
      },
    );
  };
  const accuracy = run.metrics?.accuracy;
  const target = modelId === NEW_MODEL ? JSON.stringify(name) : String(modelId ?? "");
  return (
    <div className="ob-grid">
      <div style={{ gridColumn: "span 8" }}>
        <Panel>
          <Form
            form={form}
            layout="vertical"
            requiredMark={false}
            onFinish={submit}
            initialValues={{ model_id: sameName?.model_id ?? NEW_MODEL, name: experiment.name }}
          >
            <Form.Item name="model_id" label={t("models.target")} extra={t("models.targetHelp")}>
              <Select
                options={[
                  { value: NEW_MODEL, label: t("models.new") },
                  ...fitting.map((model) => ({ value: model.model_id, label: model.name })),
                ]}
              />
            </Form.Item>
            {modelId === NEW_MODEL ? (
              <Form.Item
                name="name"
                label={t("models.name")}
                rules={[
                  { required: true, whitespace: true, message: t("form.required") },
                  { max: 50, message: t("form.tooLong", { max: 50 }) },
                ]}
              >
                <Input />
              </Form.Item>
            ) : null}
            <Form.Item name="description" label={t("field.description")}>
              <Input.TextArea rows={3} maxLength={500} showCount />
            </Form.Item>
            {publish.error ? <Alert type="error" showIcon role="alert" title={problemText(publish.error, t)} style={{ marginBottom: 16 }} /> : null}
            <Button type="primary" htmlType="submit" loading={publish.isPending} disabled={run.state !== "succeeded"}>
              {t("models.publish")}
            </Button>
          </Form>
        </Panel>
      </div>
      <div className="ob-stack" style={{ gridColumn: "span 4" }}>
        <Panel title={t("models.from")}>
          <Facts
            facts={[
              { label: t("runs.experiment"), value: experiment.name },
              { label: t("runs.run"), value: `V${run.version_number}` },
              { label: t("field.state"), value: <StateTag kind="run" state={run.state} /> },
              { label: t("runs.network"), value: run.network },
              { label: t("metric.accuracy"), value: typeof accuracy === "number" ? format.percent(accuracy) : "–" },
            ]}
          />
        </Panel>
        <AsCommand command={`bml models publish ${run.run_id} --model ${target}`} />
      </div>
    </div>
  );
}
