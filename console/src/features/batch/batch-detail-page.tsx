import { Alert, App, Button, Progress } from "antd";
import { Link, useNavigate } from "react-router";
import { isBatchMoving, useBatchAction, useBatchPrediction, type BatchAction } from "@/api/queries/batch";
import { usePermissions } from "@/api/queries/identity";
import { useModel } from "@/api/queries/models";
import type { BatchPrediction } from "@/api/batch";
import { timesPrice } from "@/format/format";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { Facts, Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { Duration, LocalTime, Money } from "@/ui/values";
import { OutputFiles } from "./output-files";

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
          <CopyText text={prediction.batch_id} />
        </>
      }
      actions={<Actions projectId={projectId} prediction={prediction} />}
    >
      {prediction.failure ? <Alert type="error" showIcon role="alert" title={prediction.failure.message} description={t("batch.failedRemedy")} /> : null}
      <Panel title={t("runs.progress")}>
        <div className="ob-stack-s" aria-live="polite" data-testid="batch-progress" data-state={prediction.state}>
          <Progress percent={Math.floor(100 * prediction.share)} status={prediction.state === "failed" ? "exception" : isBatchMoving(prediction.state) ? "active" : "normal"} aria-label={t("batch.progressOf", { name: prediction.name })} />
          <span className="ob-row ob-muted">
            <Done prediction={prediction} />
            {prediction.failed_items > 0 ? <span className="ob-fault">{t("batch.itemsFailed", { count: format.number(prediction.failed_items) })}</span> : null}
          </span>
        </div>
      </Panel>
      <div className="ob-grid">
        <div style={{ gridColumn: "span 6" }}>
          <What projectId={projectId} prediction={prediction} />
        </div>
        <div style={{ gridColumn: "span 6" }}>
          <OutputFiles projectId={projectId} prediction={prediction} />
        </div>
      </div>
      <AsCommand command={`bml batch show ${prediction.batch_id}`} />
    </Page>
  );
}

function Done({ prediction }: { readonly prediction: BatchPrediction }) {
  const t = useT();
  const { done, total, state } = prediction;
  if (total !== null) return t("batch.doneOf", { done, total });
  return isBatchMoving(state) ? t("batch.counting") : t("batch.doneOnly", { done });
}

const SECONDS = 60;

function What({ projectId, prediction }: Props) {
  const t = useT();
  const maybeT = useMaybeT();
  const model = useModel(projectId, prediction.model_id);
  const parameters = Object.entries(prediction.parameters);
  return (
    <Panel title={t("batch.what")}>
      <Facts
        facts={[
          { label: t("services.model"), value: <Link to={links.modelVersion(projectId, prediction.model_id, prediction.model_version)}>{`${model.data?.name ?? prediction.model_id} V${prediction.model_version}`}</Link> },
          { label: t("services.variant"), value: prediction.variant },
          { label: t("batch.input"), value: <CopyText text={prediction.input.uri} /> },
          { label: t("batch.inputFormat"), value: maybeT(`batch.format.${prediction.input_format}`) ?? prediction.input_format },
          { label: t("batch.outputAt"), value: <CopyText text={prediction.output_uri} /> },
          { label: t("usage.machine"), value: t("batch.machineNodes", { machine: prediction.machine_type, nodes: prediction.nodes }) },
          ...parameters.map(([name, value]) => ({ label: name, value: String(value) })),
          { label: t("batch.started"), value: <LocalTime at={prediction.started_at} /> },
          { label: t("batch.ended"), value: <LocalTime at={prediction.ended_at} /> },
          { label: t("batch.cost"), value: <Money amount={timesPrice(prediction.price_per_minute, prediction.minutes)} /> },
          { label: t("batch.took"), value: <Duration seconds={prediction.minutes * SECONDS} /> },
        ]}
      />
    </Panel>
  );
}

function Actions({ projectId, prediction }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const act = useBatchAction(projectId, prediction.batch_id);
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
