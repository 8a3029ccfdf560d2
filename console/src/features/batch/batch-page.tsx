import { PlusOutlined } from "@ant-design/icons";
import { Button, Progress, Table, type TableColumnsType } from "antd";
import { Link, useNavigate, useSearchParams } from "react-router";
import { useBatchPredictions } from "@/api/queries/batch";
import { usePermissions } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import type { BatchPrediction } from "@/api/batch";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { PageTabs } from "@/ui/page-tabs";
import { links, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { Duration, LocalTime } from "@/ui/values";
import { Schedules } from "./schedules";

/** Predictions of much data at once, and those that come back by themselves (spec 03 section 9.6). */
export function BatchPage() {
  const t = useT();
  const navigate = useNavigate();
  const projectId = useProjectId();
  const [params] = useSearchParams();
  const mayWrite = usePermissions(projectId).has("services.write");
  return (
    <Page
      title={t("nav.batch")}
      sub={t("batch.intro")}
      actions={
        <Button type="primary" icon={<PlusOutlined />} disabled={!mayWrite} onClick={() => void navigate(links.newBatch(projectId))}>
          {t("batch.create")}
        </Button>
      }
    >
      <PageTabs
        tabs={[
          { key: "predictions", label: t("batch.predictions"), children: <Predictions projectId={projectId} /> },
          { key: "schedules", label: t("batch.schedules"), children: <Schedules projectId={projectId} mayWrite={mayWrite} /> },
        ]}
      />
      <AsCommand command={params.get("tab") === "schedules" ? "bml batch schedules list" : "bml batch list"} />
    </Page>
  );
}

function Predictions({ projectId }: { readonly projectId: number }) {
  const t = useT();
  const query = useBatchPredictions(projectId);
  return (
    <Panel>
      <QueryView query={query}>
        {(data) => {
          const items = itemsOf(data);
          if (items.length === 0) return <EmptyState title={t("batch.empty.title")} text={t("batch.empty.text")} />;
          return (
            <>
              <PredictionTable projectId={projectId} predictions={items} />
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}

const SECONDS = 60;

function PredictionTable({ projectId, predictions }: { readonly projectId: number; readonly predictions: readonly BatchPrediction[] }) {
  const t = useT();
  const format = useFormat();
  const columns: TableColumnsType<BatchPrediction> = [
    { title: t("field.name"), render: (_, row) => <Link to={links.batch(projectId, row.batch_id)}>{row.name}</Link> },
    { title: t("field.state"), render: (_, row) => <StateTag kind="job" state={row.state} /> },
    { title: t("runs.progress"), width: 180, render: (_, row) => <Progress size="small" percent={Math.floor(100 * row.share)} status={row.state === "failed" ? "exception" : "normal"} aria-label={t("batch.progressOf", { name: row.name })} /> },
    { title: t("batch.failedItems"), align: "right", render: (_, row) => <span className={row.failed_items > 0 ? "ob-num ob-fault" : "ob-num"}>{format.number(row.failed_items)}</span> },
    { title: t("services.model"), render: (_, row) => <Link to={links.modelVersion(projectId, row.model_id, row.model_version)}>{`V${row.model_version}`}</Link> },
    { title: t("batch.took"), render: (_, row) => <Duration seconds={row.minutes * SECONDS} /> },
    { title: t("field.created"), render: (_, row) => <LocalTime at={row.created_at} /> },
  ];
  return <Table rowKey="batch_id" columns={columns} dataSource={[...predictions]} pagination={false} scroll={{ x: "max-content" }} />;
}
