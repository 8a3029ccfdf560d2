import { PlusOutlined } from "@ant-design/icons";
import { Button, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useDataset } from "@/api/queries/datasets";
import { usePermissions } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import { useExperiments, useTrainingCatalog } from "@/api/queries/training";
import type { Experiment } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";
import { fitsTask } from "../task-data";
import { CreateExperiment } from "./create-experiment";

/** With `?dataset=` the person came from a dataset: choosing an experiment goes on to its run form. */
export function ExperimentsPage() {
  const t = useT();
  const maybeT = useMaybeT();
  const projectId = useProjectId();
  const [params] = useSearchParams();
  const dataset = params.get("dataset");
  const [creating, setCreating] = useState(false);
  const query = useExperiments(projectId);
  const mayWrite = usePermissions(projectId).has("training.write");
  const target = (experiment: Experiment): string =>
    dataset ? `${links.newRun(projectId, experiment.experiment_id)}?dataset=${dataset}` : links.experiment(projectId, experiment.experiment_id);
  const columns: TableColumnsType<Experiment> = [
    { title: t("field.name"), dataIndex: "name", render: (name: string, row) => <Link to={target(row)}>{name}</Link> },
    { title: t("experiments.task"), dataIndex: "task_type", render: (task: string) => maybeT(`task.${task}`) ?? task },
    { title: t("field.created"), dataIndex: "created_at", render: (at: string) => <LocalTime at={at} /> },
    { title: t("field.id"), dataIndex: "experiment_id", render: (id: number) => <CopyText text={id} /> },
  ];
  const from = useDataset(projectId, Number(dataset), false, dataset !== null);
  const fitting = useTrainingCatalog().data?.tasks.find((task) => from.data && fitsTask(from.data, task));
  const create = (
    <Button
      type="primary"
      icon={<PlusOutlined />}
      disabled={!mayWrite}
      onClick={() => {
        setCreating(true);
      }}
    >
      {t("experiments.create")}
    </Button>
  );
  return (
    <Page title={t("nav.experiments")} sub={dataset ? t("experiments.chooseForDataset") : t("experiments.intro")} actions={create}>
      <Panel>
        <QueryView query={query}>
          {(data) => {
            const items = itemsOf(data).filter((item) => fitting === undefined || item.task_type === fitting.code);
            if (items.length === 0) return <EmptyState title={t("experiments.empty.title")} text={t("experiments.empty.text")} action={create} />;
            return (
              <>
                <Table rowKey="experiment_id" columns={columns} dataSource={items} pagination={false} />
                <LoadMore query={query} />
              </>
            );
          }}
        </QueryView>
      </Panel>
      <AsCommand command="bml experiments list" />
      <CreateExperiment
        key={fitting?.code ?? ""}
        open={creating}
        task={fitting?.code}
        projectId={projectId}
        dataset={dataset}
        onClose={() => {
          setCreating(false);
        }}
      />
    </Page>
  );
}
