import { PlayCircleOutlined } from "@ant-design/icons";
import { Button, Progress, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import { useExperiment, useRuns, useTrainingCatalog } from "@/api/queries/training";
import type { Experiment, Run } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { Duration, LocalTime, Money } from "@/ui/values";
import { FEWEST, MOST } from "../comparison/comparison";

export function ExperimentPage() {
  const t = useT();
  const maybeT = useMaybeT();
  const navigate = useNavigate();
  const projectId = useProjectId();
  const experimentId = useIdParam("experimentId");
  const experiment = useExperiment(projectId, experimentId);
  const runs = useRuns(projectId, experimentId);
  const mayWrite = usePermissions(projectId).has("training.write");
  const start = (
    <Button
      type="primary"
      icon={<PlayCircleOutlined />}
      disabled={!mayWrite}
      onClick={() => void navigate(links.newRun(projectId, experimentId))}
    >
      {t("runs.start")}
    </Button>
  );
  return (
    <QueryView query={experiment}>
      {(data) => (
        <Page
          title={data.name}
          crumbs={[{ label: t("nav.experiments"), to: links.experiments(projectId) }]}
          sub={
            <>
              <span>{maybeT(`task.${data.task_type}`) ?? data.task_type}</span>
              <LocalTime at={data.created_at} />
              <CopyText text={data.experiment_id} />
            </>
          }
          actions={start}
        >
          {data.description ? <p style={{ margin: 0 }}>{data.description}</p> : null}
          <Panel title={t("runs.title")}>
            <QueryView query={runs}>
              {(pages) => {
                const items = itemsOf(pages);
                if (items.length === 0) return <EmptyState title={t("runs.empty.title")} text={t("runs.empty.text")} action={start} />;
                return (
                  <>
                    <RunTable projectId={projectId} experiment={data} runs={items} />
                    <LoadMore query={runs} />
                  </>
                );
              }}
            </QueryView>
          </Panel>
          <AsCommand command={`bml runs start --experiment ${experimentId}`} />
        </Page>
      )}
    </QueryView>
  );
}

/** The figure that runs are listed with; runs of tables are chosen by metrics of their own, the first that they have is told. */
const TABLE_FIGURES = ["roc_auc", "accuracy", "r2", "rmse", "pinball", "poisson_deviance"];

function qualityOf(runs: readonly Run[], declared: string): string {
  const told = new Set(runs.flatMap((run) => Object.keys(run.metrics ?? {})));
  const name = declared.replace(/^eval_/, "");
  return told.has(name) || name !== "score" ? name : (TABLE_FIGURES.find((figure) => told.has(figure)) ?? name);
}

interface TableProps {
  readonly projectId: number;
  readonly experiment: Experiment;
  readonly runs: readonly Run[];
}

function RunTable({ projectId, experiment, runs }: TableProps) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const task = useTrainingCatalog().data?.tasks.find((entry) => entry.code === experiment.task_type);
  const quality = qualityOf(runs, task?.quality ?? "eval_accuracy");
  const columns: TableColumnsType<Run> = [
    {
      title: t("runs.run"),
      dataIndex: "version_number",
      render: (version: number, run) => <Link to={links.run(projectId, run.run_id)}>{`V${version}`}</Link>,
    },
    { title: t("field.state"), dataIndex: "state", render: (state: string) => <StateTag kind="run" state={state} /> },
    {
      title: t("runs.progress"),
      render: (_, run) =>
        run.progress?.epochs ? (
          <Progress
            percent={Math.round((run.progress.epoch / run.progress.epochs) * 100)}
            size="small"
            style={{ width: 110, margin: 0 }}
            aria-label={t("runs.progress")}
          />
        ) : (
          "–"
        ),
    },
    { title: t("runs.network"), dataIndex: "network" },
    {
      title: maybeT(`metric.${quality}`) ?? t("runs.quality"),
      align: "right",
      render: (_, run) => {
        const value = run.metrics?.[quality];
        return <span className="ob-num">{typeof value === "number" ? format.figure(quality, value) : "–"}</span>;
      },
    },
    { title: t("runs.trainingTime"), align: "right", render: (_, run) => <Duration seconds={run.training_seconds} /> },
    { title: t("runs.cost"), align: "right", render: (_, run) => <Money amount={run.cost_estimate} /> },
    { title: t("field.created"), dataIndex: "created_at", render: (at: string) => <LocalTime at={at} /> },
  ];
  return (
    <>
      <div style={{ marginBottom: 10 }}>
        <Button disabled={chosen.length < FEWEST || chosen.length > MOST} onClick={() => void navigate(links.comparison(projectId, experiment.experiment_id, chosen))}>
          {t("comparison.compare", { count: chosen.length })}
        </Button>
      </div>
      <div className="ob-wide">
        <Table
          rowKey="run_id"
          columns={columns}
          dataSource={[...runs]}
          pagination={false}
          rowSelection={{
            selectedRowKeys: [...chosen],
            onChange: (keys) => {
              setChosen(keys.map(Number));
            },
            getCheckboxProps: (run) => ({ disabled: run.metrics === null, "aria-label": `V${run.version_number}` }),
          }}
        />
      </div>
    </>
  );
}
