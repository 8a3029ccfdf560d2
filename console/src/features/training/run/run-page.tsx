import { CloudUploadOutlined, FileTextOutlined, StopOutlined } from "@ant-design/icons";
import { Alert, App, Button, Skeleton, Tabs } from "antd";
import { lazy, Suspense } from "react";
import { useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { isActiveRun, trainingKeys, useExperiment, useRun, useStopRun } from "@/api/queries/training";
import { TABULAR_TASK } from "@/api/tabular";
import type { Run } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import { useIsLive, useLiveQueries } from "@/live/use-live";
import { AsCommand, CopyText } from "@/ui/copy";
import { Page } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { Money } from "@/ui/values";
import { RunConfiguration } from "./run-configuration";
import { RunLogs } from "./run-logs";
import { RunProgress } from "./run-progress";

const TabularProgress = lazy(async () => ({ default: (await import("../tabular/run/tabular-progress")).TabularProgress }));
const FIRST_POLL_MS = 3000;

export function RunPage() {
  const projectId = useProjectId();
  const runId = useIdParam("runId");
  const known = useRun(projectId, runId);
  const active = known.data ? isActiveRun(known.data.state) : false;
  const pollMs = useLiveQueries(`run/${runId}`, [trainingKeys.run(projectId, runId)], active);
  useRun(projectId, runId, active ? pollMs || FIRST_POLL_MS : false);
  return <QueryView query={known}>{(run) => <RunView projectId={projectId} run={run} pollMs={pollMs} />}</QueryView>;
}

interface ViewProps {
  readonly projectId: number;
  readonly run: Run;
  readonly pollMs: number | false;
}

function RunView({ projectId, run, pollMs }: ViewProps) {
  const t = useT();
  const live = useIsLive();
  const said = useSaid();
  const experiment = useExperiment(projectId, run.experiment_id);
  const active = isActiveRun(run.state);
  const name = experiment.data?.name ?? t("runs.experiment");
  return (
    <Page
      title={t("runs.name", { experiment: name, version: `V${run.version_number}` })}
      crumbs={[
        { label: t("nav.experiments"), to: links.experiments(projectId) },
        { label: name, to: links.experiment(projectId, run.experiment_id) },
      ]}
      sub={
        <>
          <StateTag kind="run" state={run.state} />
          <span>{run.network}</span>
          {active ? <span>{live ? t("live.open") : t("live.polling")}</span> : null}
          <span>
            {t("runs.costSoFar")} <Money amount={run.cost_estimate} />
          </span>
          <CopyText text={run.run_id} />
        </>
      }
      actions={<RunActions projectId={projectId} run={run} />}
    >
      {run.failure ? <RunFailure run={run} /> : null}
      {run.cautions.map((caution) => (
        <Alert key={caution.code} type="warning" showIcon title={said(caution.message_en, caution.message_zh)} />
      ))}
      <Tabs
        items={[
          { key: "progress", label: t("runs.progress"), children: <Progress projectId={projectId} run={run} pollMs={pollMs} /> },
          { key: "logs", label: t("runs.logs"), children: <RunLogs projectId={projectId} run={run} pollMs={pollMs} /> },
          { key: "configuration", label: t("runs.configuration"), children: <RunConfiguration projectId={projectId} run={run} /> },
        ]}
      />
      <AsCommand command={active ? `bml runs watch ${run.run_id}` : `bml runs report ${run.run_id}`} />
    </Page>
  );
}

/** Tables are watched by their models, not by epochs; that part is downloaded with the first such run. */
function Progress(props: ViewProps) {
  if (props.run.task_type !== TABULAR_TASK) return <RunProgress {...props} />;
  return (
    <Suspense fallback={<Skeleton active />}>
      <TabularProgress {...props} />
    </Suspense>
  );
}

function RunFailure({ run }: { readonly run: Run }) {
  const t = useT();
  const maybeT = useMaybeT();
  if (!run.failure) return null;
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={run.failure.message}
      description={maybeT(`runs.fault.${run.failure.fault}`) ?? t("runs.fault.platform")}
    />
  );
}

function RunActions({ projectId, run }: { readonly projectId: number; readonly run: Run }) {
  const t = useT();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const permissions = usePermissions(projectId);
  const stop = useStopRun(projectId);
  const askStop = (): void => {
    void modal.confirm({
      title: t("runs.stop.title"),
      content: run.task_type === TABULAR_TASK ? t("runs.stop.table") : t("runs.stop.text"),
      okText: t("runs.stop"),
      okButtonProps: { danger: true },
      onOk: () => stop.mutateAsync(run.run_id).catch((error: unknown) => void message.error(problemText(error, t))),
    });
  };
  if (isActiveRun(run.state)) {
    return (
      <Button danger icon={<StopOutlined />} disabled={!permissions.has("training.write") || run.state === "stopping"} onClick={askStop}>
        {t("runs.stop")}
      </Button>
    );
  }
  const another = <Button onClick={() => void navigate(links.newRun(projectId, run.experiment_id))}>{t("runs.startAnother")}</Button>;
  if (run.metrics === null) return another;
  return (
    <>
      <Button onClick={() => void navigate(links.newRun(projectId, run.experiment_id, run.run_id))}>{t("runs.trainOn")}</Button>
      <Button icon={<FileTextOutlined />} onClick={() => void navigate(links.report(projectId, run.run_id))}>
        {t("runs.report")}
      </Button>
      <Button
        type="primary"
        icon={<CloudUploadOutlined />}
        disabled={!permissions.has("models.write") || run.state !== "succeeded"}
        onClick={() => void navigate(links.publish(projectId, run.run_id))}
      >
        {t("models.publish")}
      </Button>
    </>
  );
}
