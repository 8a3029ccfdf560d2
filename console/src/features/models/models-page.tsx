import { PlusOutlined } from "@ant-design/icons";
import { Button, Select, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import { useFilteredModels } from "@/api/queries/repository";
import { MODEL_SOURCES } from "@/api/serving";
import type { Model } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";
import { CreateModel } from "./create-model";
import { useSourceName } from "./source-name";
import { MODEL_TASKS } from "./model-tasks";

export function ModelsPage() {
  const t = useT();
  const navigate = useNavigate();
  const projectId = useProjectId();
  const [params] = useSearchParams();
  const [creating, setCreating] = useState(false);
  const mayWrite = usePermissions(projectId).has("models.write");
  const source = MODEL_SOURCES.find((known) => known === params.get("source"));
  const task = params.get("task") ?? undefined;
  const filter = { ...(source ? { source } : {}), ...(task ? { task } : {}) };
  const query = useFilteredModels(projectId, filter);
  const create = (
    <Button
      type="primary"
      icon={<PlusOutlined />}
      disabled={!mayWrite}
      onClick={() => {
        setCreating(true);
      }}
    >
      {t("models.create")}
    </Button>
  );
  return (
    <Page title={t("nav.models")} sub={t("models.intro")} actions={create}>
      <Panel>
        <div className="ob-stack">
          <Filters />
          <QueryView query={query}>
            {(data) => {
              const items = itemsOf(data);
              if (items.length === 0) return <EmptyState title={t(source || task ? "models.noMatch" : "models.empty.title")} text={t("models.empty.text")} action={create} />;
              return (
                <>
                  <ModelTable projectId={projectId} models={items} />
                  <LoadMore query={query} />
                </>
              );
            }}
          </QueryView>
        </div>
      </Panel>
      <CreateModel
        open={creating}
        projectId={projectId}
        onClose={() => {
          setCreating(false);
        }}
        onCreated={(model) => void navigate(model.source === "local" ? links.modelImport(projectId, model.model_id) : links.model(projectId, model.model_id))}
      />
      <AsCommand command="bml models list" />
    </Page>
  );
}

/** What is listed stands in the address. */
function Filters() {
  const t = useT();
  const maybeT = useMaybeT();
  const sourceName = useSourceName();
  const [params, setParams] = useSearchParams();
  const choose = (name: string, value: string | undefined): void => {
    const next = new URLSearchParams(params);
    if (value === undefined) next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: true });
  };
  return (
    <div className="ob-row">
      <Select
        allowClear
        style={{ width: 220 }}
        aria-label={t("models.source")}
        placeholder={t("models.anySource")}
        value={params.get("source")}
        onChange={(value: string | undefined) => { choose("source", value); }}
        options={MODEL_SOURCES.map((value) => ({ value, label: sourceName(value) }))}
      />
      <Select
        allowClear
        style={{ width: 320 }}
        aria-label={t("experiments.task")}
        placeholder={t("models.anyTask")}
        value={params.get("task")}
        onChange={(value: string | undefined) => { choose("task", value); }}
        options={MODEL_TASKS.map((value) => ({ value, label: maybeT(`task.${value}`) ?? value }))}
      />
    </div>
  );
}

function ModelTable({ projectId, models }: { readonly projectId: number; readonly models: readonly Model[] }) {
  const t = useT();
  const maybeT = useMaybeT();
  const sourceName = useSourceName();
  const columns: TableColumnsType<Model> = [
    { title: t("field.name"), dataIndex: "name", render: (name: string, model) => <Link to={links.model(projectId, model.model_id)}>{name}</Link> },
    { title: t("models.source"), render: (_, model) => sourceName(model.source) },
    { title: t("experiments.task"), dataIndex: "task_type", render: (task: string) => maybeT(`task.${task}`) ?? task },
    { title: t("models.versions"), align: "right", dataIndex: "version_count", render: (count: number) => <span className="ob-num">{count}</span> },
    {
      title: t("kind.service"),
      dataIndex: "service_id",
      render: (id: number | null) => (id === null ? <span className="ob-muted">{t("models.noService")}</span> : <Link to={links.service(projectId, id)}>{t("models.serviceLink")}</Link>),
    },
    { title: t("field.created"), dataIndex: "created_at", render: (at: string) => <LocalTime at={at} /> },
    { title: t("field.id"), dataIndex: "model_id", render: (id: number) => <CopyText text={id} /> },
  ];
  return <Table rowKey="model_id" columns={columns} dataSource={[...models]} pagination={false} scroll={{ x: "max-content" }} />;
}
