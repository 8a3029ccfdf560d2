import { DownloadOutlined } from "@ant-design/icons";
import { Alert, App, Button, Progress, Table, type TableColumnsType } from "antd";
import { Link, useNavigate } from "react-router";
import { isBatchMoving, useBatchAction, useBatchPrediction, type BatchAction } from "@/api/queries/batch";
import { usePermissions } from "@/api/queries/identity";
import type { BatchPrediction } from "@/api/serving";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { Facts, Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { Duration, LocalTime } from "@/ui/values";
import { doneShare } from "./batch-progress";

export function BatchDetailPage() {
  const projectId = useProjectId();
  const query = useBatchPrediction(projectId, useIdParam("batchId"));
  return <QueryView query={query}>{(prediction) => <Detail projectId={projectId} prediction={prediction} />}</QueryView>;
}

interface Props {
  readonly projectId: number;
  readonly prediction: BatchPrediction;
}

function Detail({ projectId, prediction }: Props) {
  const t = useT();
  const format = useFormat();
  return (
    <Page
      title={prediction.name}
      crumbs={[{ label: t("nav.batch"), to: links.batches(projectId) }]}
      sub={
        <>
          <StateTag kind="job" state={prediction.state} />
          <CopyText text={prediction.batch_prediction_id} />
        </>
      }
      actions={<Actions projectId={projectId} prediction={prediction} />}
    >
      {prediction.failure ? <Alert type="error" showIcon role="alert" title={prediction.failure.message} description={t("batch.failedRemedy")} /> : null}
      <Panel title={t("runs.progress")}>
        <div className="ob-stack-s" aria-live="polite" data-testid="batch-progress" data-state={prediction.state}>
          <Progress percent={Math.floor(100 * doneShare(prediction))} status={prediction.state === "failed" ? "exception" : isBatchMoving(prediction.state) ? "active" : "normal"} aria-label={t("batch.progressOf", { name: prediction.name })} />
          <span className="ob-row ob-muted">
            {prediction.total === null ? t("batch.counting") : t("batch.doneOf", { done: prediction.done, total: prediction.total })}
            {prediction.failed_items > 0 ? <span className="ob-fault">{t("batch.itemsFailed", { count: format.number(prediction.failed_items) })}</span> : null}
          </span>
        </div>
      </Panel>
      <div className="ob-grid">
        <div style={{ gridColumn: "span 6" }}>
          <What projectId={projectId} prediction={prediction} />
        </div>
        <div style={{ gridColumn: "span 6" }}>
          <FailedItems prediction={prediction} />
        </div>
      </div>
      <AsCommand command={`bml batch show ${prediction.batch_prediction_id}`} />
    </Page>
  );
}

const SECONDS = 60;

function What({ projectId, prediction }: Props) {
  const t = useT();
  const maybeT = useMaybeT();
  const parameters = Object.entries(prediction.parameters);
  return (
    <Panel title={t("batch.what")}>
      <Facts
        facts={[
          { label: t("services.model"), value: <Link to={links.modelVersion(projectId, prediction.model_id, prediction.model_version)}>{`${prediction.model_id} V${prediction.model_version}`}</Link> },
          { label: t("services.variant"), value: prediction.variant },
          { label: t("batch.input"), value: <CopyText text={prediction.input_uri} /> },
          { label: t("batch.inputFormat"), value: maybeT(`batch.format.${prediction.input_format}`) ?? prediction.input_format },
          { label: t("batch.output"), value: prediction.output_uri ? <CopyText text={prediction.output_uri} /> : "–" },
          { label: t("usage.machine"), value: t("batch.machineNodes", { machine: prediction.machine_type, nodes: prediction.nodes }) },
          ...parameters.map(([name, value]) => ({ label: name, value: String(value) })),
          { label: t("batch.started"), value: <LocalTime at={prediction.started_at} /> },
          { label: t("batch.ended"), value: <LocalTime at={prediction.ended_at} /> },
          { label: t("batch.took"), value: <Duration seconds={prediction.minutes * SECONDS} /> },
        ]}
      />
    </Panel>
  );
}

function FailedItems({ prediction }: { readonly prediction: BatchPrediction }) {
  const t = useT();
  const columns: TableColumnsType<BatchPrediction["problems"][number]> = [
    { title: t("batch.item"), render: (_, row) => <span className="ob-mono ob-breaks">{row.name}</span> },
    { title: t("calls.errorCode"), align: "right", dataIndex: "error_code", render: (code: number) => <span className="ob-num">{String(code)}</span> },
    { title: t("batch.why"), dataIndex: "error_msg" },
  ];
  return (
    <Panel title={t("batch.failedItems")}>
      {prediction.failed_items === 0 ? (
        <span className="ob-muted">{t("batch.noneFailed")}</span>
      ) : (
        <div className="ob-stack-s" data-testid="failed-items">
          <Table size="small" rowKey="name" columns={columns} dataSource={[...prediction.problems]} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: "max-content" }} />
          <span className="ob-small ob-muted">{t("batch.failedHelp")}</span>
        </div>
      )}
    </Panel>
  );
}

function Actions({ projectId, prediction }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const act = useBatchAction(projectId, prediction.batch_prediction_id);
  const mayWrite = usePermissions(projectId).has("services.write");
  const isMoving = isBatchMoving(prediction.state);
  const run = (action: BatchAction): Promise<void> =>
    act.mutateAsync(action).then(
      () => (action === "delete" ? navigate(links.batches(projectId)) : undefined),
      (error: unknown) => void message.error(problemText(error, t)),
    );
  const askDelete = (): void => {
    void modal.confirm({ title: t("batch.delete.title", { name: prediction.name }), content: t("batch.delete.text"), okText: t("action.delete"), okButtonProps: { danger: true }, onOk: () => run("delete") });
  };
  return (
    <>
      {prediction.download_url ? (
        <Button type="primary" icon={<DownloadOutlined />} href={prediction.download_url} download>
          {t("batch.download")}
        </Button>
      ) : null}
      {prediction.state === "stopped" || prediction.state === "failed" ? (
        <Button disabled={!mayWrite} loading={act.isPending} onClick={() => void run("resume")}>
          {t("batch.resume")}
        </Button>
      ) : null}
      {isMoving ? (
        <Button danger disabled={!mayWrite || prediction.state === "stopping"} loading={act.isPending} onClick={() => void run("stop")}>
          {t("action.stop")}
        </Button>
      ) : (
        <Button danger disabled={!mayWrite} onClick={askDelete}>
          {t("action.delete")}
        </Button>
      )}
    </>
  );
}
