import { PlusOutlined } from "@ant-design/icons";
import { Button, Input, Segmented, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useDatasets } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import { usePermissions } from "@/api/queries/identity";
import type { Dataset } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";
import { CreateDataset } from "./create-dataset";
import { useKind } from "./dataset-kind";
import { RenameDataset } from "./rename-dataset";

const TYPES = ["image", "text", "table", "audio"] as const;

export function DatasetsPage() {
  const t = useT();
  const projectId = useProjectId();
  const [params, setParams] = useSearchParams();
  const name = params.get("name") ?? "";
  const type = params.get("type") ?? "";
  const query = useDatasets(projectId, name, type);
  const filter = (change: { name?: string; type?: string }): void => {
    setParams(Object.fromEntries(Object.entries({ name, type, ...change }).filter(([, value]) => value !== "")), { replace: true });
  };
  const mayWrite = usePermissions(projectId).has("datasets.write");
  const [creating, setCreating] = useState(params.get("create") === "1");
  const create = (
    <Button
      type="primary"
      icon={<PlusOutlined />}
      disabled={!mayWrite}
      onClick={() => {
        setCreating(true);
      }}
    >
      {t("datasets.create")}
    </Button>
  );
  return (
    <Page title={t("nav.datasets")} sub={t("datasets.intro")} actions={create}>
      <Panel>
        <div className="ob-stack">
          <div className="ob-row">
            <Input.Search
              allowClear
              defaultValue={name}
              placeholder={t("datasets.search")}
              aria-label={t("datasets.search")}
              style={{ maxWidth: 320 }}
              onSearch={(value) => {
                filter({ name: value });
              }}
            />
            <Segmented
              aria-label={t("datasets.dataType")}
              value={type}
              options={[{ value: "", label: t("datasets.anyType") }, ...TYPES.map((value) => ({ value, label: t(`dataType.${value}`) }))]}
              onChange={(value) => {
                filter({ type: value });
              }}
            />
          </div>
          <QueryView query={query}>
            {(data) => {
              const items = itemsOf(data);
              if (items.length === 0) {
                return name || type ? (
                  <EmptyState title={name ? t("datasets.noMatch", { name }) : t("datasets.noneOfType")} />
                ) : (
                  <EmptyState title={t("datasets.empty.title")} text={t("datasets.empty.text")} action={create} />
                );
              }
              return (
                <>
                  <DatasetTable projectId={projectId} datasets={items} mayWrite={mayWrite} />
                  <LoadMore query={query} />
                </>
              );
            }}
          </QueryView>
        </div>
      </Panel>
      <AsCommand command={["bml datasets list", name ? `--name ${JSON.stringify(name)}` : "", type ? `--type ${type}` : ""].filter(Boolean).join(" ")} />
      <CreateDataset
        open={creating}
        projectId={projectId}
        onClose={() => {
          setCreating(false);
        }}
      />
    </Page>
  );
}

function DatasetTable({ projectId, datasets, mayWrite }: { readonly projectId: number; readonly datasets: readonly Dataset[]; readonly mayWrite: boolean }) {
  const t = useT();
  const format = useFormat();
  const columns: TableColumnsType<Dataset> = [
    {
      title: t("field.name"),
      dataIndex: "name",
      render: (name: string, dataset) => <Link to={links.dataset(projectId, dataset.dataset_id)}>{name}</Link>,
    },
    { title: t("datasets.kind"), render: (_, dataset) => <KindName dataset={dataset} /> },
    { title: t("field.state"), dataIndex: "state", render: (state: string) => <StateTag kind="dataset" state={state} /> },
    {
      title: t("datasets.samples"),
      dataIndex: "sample_count",
      align: "right",
      render: (count: number) => <span className="ob-num">{format.number(count)}</span>,
    },
    {
      title: t("datasets.labelled"),
      align: "right",
      render: (_, dataset) => (
        <span className="ob-num">
          {dataset.sample_count > 0 ? format.percent(dataset.labelled_count / dataset.sample_count, 0) : "–"}
        </span>
      ),
    },
    { title: t("field.version"), dataIndex: "latest_version", render: (version: number) => `V${version}` },
    { title: t("field.created"), dataIndex: "created_at", render: (at: string) => <LocalTime at={at} /> },
    { title: t("field.id"), dataIndex: "dataset_id", render: (id: number) => <CopyText text={id} /> },
    {
      title: <span className="ob-visually-hidden">{t("bulk.action")}</span>,
      render: (_, dataset) => <RenameDataset small projectId={projectId} dataset={dataset} disabled={!mayWrite || dataset.state === "deleting"} />,
    },
  ];
  return <Table rowKey="dataset_id" columns={columns} dataSource={[...datasets]} pagination={false} scroll={{ x: "max-content" }} />;
}

function KindName({ dataset }: { readonly dataset: Dataset }) {
  return <span>{useKind(dataset).name}</span>;
}
