import { Alert, Button, Form } from "antd";
import { useEffect, useMemo } from "react";
import { useNavigate } from "react-router";
import { useMe, usePermissions } from "@/api/queries/identity";
import { useStartRun } from "@/api/queries/training";
import type { Experiment, TrainingCatalog } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { AugmentationFields } from "./augmentation-fields";
import { BaseRunField } from "./base-run-field";
import { EvaluationData, TrainingData } from "./data-fields";
import { forgetDraft, keepDraft } from "./draft";
import type { RunFormValues } from "./form-values";
import { LabelCheck } from "./label-check";
import { NetworkCards } from "./network-cards";
import { ResourceFields } from "./resource-fields";
import { RunReview } from "./run-review";
import { commandOf, searchCatalogOf, toRequest } from "./run-request";
import { defaultOf, isSubnet, takes } from "./run-values";
import { SourceFields } from "./source-fields";
import { useChosenLabels } from "./use-chosen-labels";
import { useStartBlocks } from "./use-start-blocks";

interface Props {
  readonly projectId: number;
  readonly experiment: Experiment;
  readonly catalog: TrainingCatalog;
  readonly initial: Partial<RunFormValues>;
}

/** Everything a run needs, in the manual's order (spec 03 section 2.3), generated from the catalogue. */
export function RunForm({ projectId, experiment, catalog, initial }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const [form] = Form.useForm<RunFormValues>();
  const me = useMe();
  const mayWrite = usePermissions(projectId).has("training.write");
  const start = useStartRun(projectId, experiment.experiment_id);
  const values = Form.useWatch([], form) as Partial<RunFormValues> | undefined;
  const task = catalog.tasks.find((entry) => entry.code === experiment.task_type);
  const networks = useMemo(() => catalog.networks.filter((entry) => entry.task === experiment.task_type), [catalog, experiment]);
  const network = networks.find((candidate) => candidate.name === values?.network);
  const parameters = useMemo(
    () => catalog.hyper_parameters.filter((entry) => entry.task === experiment.task_type && entry.name !== "weights_family" && takes(network, entry)),
    [catalog, experiment, network],
  );
  const search = useMemo(() => searchCatalogOf(catalog, experiment.task_type), [catalog, experiment]);
  const operators = catalog.augmentation.operators.filter((operator) => operator.tasks.includes(experiment.task_type));
  const machine = catalog.machines.find((candidate) => candidate.code === values?.machine_type);
  const training = useChosenLabels(projectId, values?.training ?? []);
  const evaluation = useChosenLabels(projectId, [values?.evaluation]);
  const blocks = useStartBlocks({ task, values, training, evaluation });

  useEffect(() => {
    if (!network) return;
    for (const parameter of parameters) {
      const path: ["hyper_parameters", string] = ["hyper_parameters", parameter.name];
      if (form.isFieldTouched(path)) continue;
      form.setFieldValue(path, defaultOf(parameter, network) ?? undefined);
    }
  }, [network, parameters, form]);

  const submit = (): void => {
    start.mutate(toRequest(form.getFieldsValue(true) as RunFormValues, catalog, experiment.task_type), {
      onSuccess: (run) => {
        forgetDraft(experiment.experiment_id);
        void navigate(links.run(projectId, run.run_id));
      },
    });
  };
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      scrollToFirstError
      onFinish={submit}
      onValuesChange={() => {
        keepDraft(experiment.experiment_id, form.getFieldsValue(true) as RunFormValues);
      }}
      disabled={!mayWrite}
      initialValues={initial}
    >
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 8" }}>
          <Panel title={t("runs.form.data")}>
            <TrainingData projectId={projectId} task={task} />
          </Panel>
          {operators.length > 0 ? (
            <Panel title={t("runs.form.augmentation")}>
              <AugmentationFields projectId={projectId} taskType={experiment.task_type} operators={operators} values={values} />
            </Panel>
          ) : null}
          <Panel title={t("runs.form.evaluation")}>
            <EvaluationData projectId={projectId} task={task} />
            <LabelCheck training={training} evaluation={evaluation} evaluationChoice={values?.evaluation} />
          </Panel>
          <Panel title={t("runs.form.network")}>
            {initial.subnet ? (
              <Alert type="info" showIcon title={t("runs.form.subnet", { number: String(initial.subnet.subnet_id), run: String(initial.subnet.run_id) })} />
            ) : (
              <>
                <NetworkCards
                  networks={networks.filter((entry) => !isSubnet(entry))}
                  families={catalog.families.filter((family) => family.task === experiment.task_type)}
                  family={values?.family ?? ""}
                  machine={machine}
                />
                <BaseRunField projectId={projectId} experimentId={experiment.experiment_id} network={network} />
              </>
            )}
          </Panel>
          <Panel title={t("runs.form.hyperParameters")}>
            <SourceFields
              projectId={projectId}
              task={task}
              network={network}
              parameters={parameters}
              search={search}
              values={values}
            />
          </Panel>
          <Panel title={t("runs.form.resources")}>
            <ResourceFields catalog={catalog} task={task} network={network} paid={me.data?.paid_billing ?? false} />
          </Panel>
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 4", alignSelf: "start", position: "sticky", top: 0 }}>
          <RunReview catalog={catalog} values={values} classes={training.isKnown ? training.classes.size : null} />
          {blocks.map((block) => (
            <Alert key={block} type="warning" showIcon title={block} />
          ))}
          {start.error ? <Alert type="error" showIcon title={problemText(start.error, t)} role="alert" /> : null}
          <Button type="primary" htmlType="submit" size="large" block loading={start.isPending} disabled={!mayWrite || blocks.length > 0}>
            {t("runs.submit")}
          </Button>
          <AsCommand command={commandOf(experiment.experiment_id, values)} />
        </div>
      </div>
    </Form>
  );
}
