import { Alert, Button, Form } from "antd";
import { useEffect } from "react";
import { useNavigate } from "react-router";
import { useMe, usePermissions } from "@/api/queries/identity";
import { useTableColumns } from "@/api/queries/tabular";
import { useStartTabularRun } from "@/api/queries/training";
import type { TabularCatalog } from "@/api/tabular";
import type { Experiment, TrainingCatalog } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { links } from "@/ui/project";
import { EvaluationData, TrainingData } from "../../wizard/data-fields";
import { forgetDraft, keepDraft } from "../../wizard/draft";
import { ResourceFields } from "../../wizard/resource-fields";
import { AdvancedFields } from "./advanced-fields";
import { ColumnsPanel } from "./columns-panel";
import { ExpertFields } from "./expert-fields";
import { fieldProblemOf } from "./field-problems";
import type { TabularFormValues } from "./form-values";
import { ModeCards } from "./mode-cards";
import { PublishField } from "./publish-field";
import { kindOf, tabularCommandOf, toTabularRequest } from "./request";
import { isWithin, rolesWithin } from "./roles";
import { TabularReview } from "./tabular-review";

interface Props {
  readonly projectId: number;
  readonly experiment: Experiment;
  readonly catalog: TrainingCatalog;
  readonly tabular: TabularCatalog;
  readonly initial: Partial<TabularFormValues>;
}

/** Everything a run on a table needs (spec 03 section 4.2): data, columns and target, mode, resources. */
export function TabularForm({ projectId, experiment, catalog, tabular, initial }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const [form] = Form.useForm<TabularFormValues>();
  const me = useMe();
  const mayWrite = usePermissions(projectId).has("training.write");
  const start = useStartTabularRun(projectId, experiment.experiment_id);
  const watched = Form.useWatch([], form) as Partial<TabularFormValues> | undefined;
  const values = watched ?? initial;
  const task = catalog.tasks.find((entry) => entry.code === experiment.task_type);
  const table = values.training?.[0] ?? {};
  const columns = useTableColumns(projectId, table, values.roles?.target);
  const target = columns.isPlaceholderData ? null : (columns.data?.target ?? null);
  const suggested = target?.algorithm_type ?? null;
  const kind = kindOf(values, suggested);
  const isBlocked = values.roles?.target !== undefined && (target?.problems ?? []).some((problem) => problem.refuses);
  const isSingle = values.mode === "expert" && values.training_way === "single";
  const known = columns.isPlaceholderData ? undefined : columns.data?.columns;

  useEffect(() => {
    if (!known) return;
    const names = new Set(known.map((column) => column.name));
    const roles = form.getFieldValue("roles") as TabularFormValues["roles"];
    if (!isWithin(roles, names)) form.setFieldValue("roles", rolesWithin(roles, names));
  }, [known, form]);

  useEffect(() => {
    // The expert mode decides nothing by itself: it begins with what the target asks for.
    if (values.mode === "expert" && values.algorithm_type === "automatic" && suggested) form.setFieldValue("algorithm_type", suggested);
  }, [values.mode, values.algorithm_type, suggested, form]);

  useEffect(() => {
    if (isSingle && form.getFieldValue("node_count") !== 1) form.setFieldValue("node_count", 1);
  }, [isSingle, form]);

  const submit = (): void => {
    start.mutate(toTabularRequest(form.getFieldsValue(true) as TabularFormValues, suggested), {
      onSuccess: (run) => {
        forgetDraft(experiment.experiment_id);
        void navigate(links.run(projectId, run.run_id));
      },
      onError: (error) => {
        const problem = fieldProblemOf(error);
        if (!problem) return;
        form.setFields([problem as never]); // its path is that of a field of the form
        form.scrollToField(problem.name, { block: "center" });
      },
    });
  };
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      scrollToFirstError={{ block: "center" }}
      onFinish={submit}
      onValuesChange={() => {
        keepDraft(experiment.experiment_id, form.getFieldsValue(true) as TabularFormValues);
      }}
      disabled={!mayWrite}
      initialValues={initial}
    >
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 9" }}>
          <Panel title={t("tabular.data")}>
            <TrainingData projectId={projectId} task={task} />
          </Panel>
          <ColumnsPanel query={columns} hasTable={table.dataset_id !== undefined} hasMore={(values.training?.length ?? 0) > 1} />
          <Panel title={t("tabular.mode")}>
            <Form.Item name="mode" noStyle>
              <ModeCards />
            </Form.Item>
          </Panel>
          <ExpertFields tabular={tabular} values={values} columns={columns.data?.columns ?? []} suggested={suggested} />
          <Panel title={t("tabular.evaluation")}>
            <EvaluationData projectId={projectId} task={task} />
            <AdvancedFields tabular={tabular} values={values} kind={kind} target={target} />
          </Panel>
          <Panel title={t("tabular.publish")}>
            <PublishField projectId={projectId} taskType={experiment.task_type} choice={values.publish} />
          </Panel>
          <Panel title={t("runs.form.resources")}>
            <ResourceFields catalog={catalog} task={task && isSingle ? { ...task, max_nodes: 1 } : task} network={undefined} paid={me.data?.paid_billing ?? false} nodesHelp={isSingle ? t("tabular.nodesSingle") : t("tabular.nodesHelp")} />
          </Panel>
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 3", alignSelf: "start", position: "sticky", top: 0 }}>
          <TabularReview catalog={catalog} values={values} kind={kind} columns={columns.data} />
          {start.error && !fieldProblemOf(start.error) ? <Alert type="error" showIcon title={problemText(start.error, t)} role="alert" /> : null}
          {start.error && fieldProblemOf(start.error) ? <Alert type="error" showIcon title={t("tabular.refusedField")} role="alert" /> : null}
          <Button type="primary" htmlType="submit" size="large" block loading={start.isPending} disabled={!mayWrite || isBlocked}>
            {t("runs.submit")}
          </Button>
          <AsCommand command={tabularCommandOf(experiment.experiment_id, values)} />
        </div>
      </div>
    </Form>
  );
}
