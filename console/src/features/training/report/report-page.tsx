import { CloudUploadOutlined, DownloadOutlined } from "@ant-design/icons";
import { Alert, App, Button, Skeleton } from "antd";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { readReportAddress, useReport, useRun } from "@/api/queries/training";
import { TABULAR_TASK } from "@/api/tabular";
import type { Run } from "@/api/types";
import { useLanguage, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { ConfusionChart } from "./confusion-chart";
import { HeatMaps } from "./heat-maps";
import { Hints } from "./hints";
import { MetricCards } from "./metric-cards";
import { PerLabel } from "./per-label";
import { PrChart } from "./pr-chart";
import { parseReport, withBackground, type Report } from "./report";
import { Subnets } from "./subnets";
import { ThresholdChart } from "./threshold-chart";
import { TopKChart } from "./top-k-chart";
import { WrongExamples } from "./wrong-examples";

const TabularReportView = lazy(async () => ({ default: (await import("../tabular/report/tabular-report-view")).TabularReportView }));

const isTabularReport = (document: unknown): boolean => typeof document === "object" && document !== null && "task" in document && document.task === TABULAR_TASK;

export function ReportPage() {
  const t = useT();
  const navigate = useNavigate();
  const projectId = useProjectId();
  const runId = useIdParam("runId");
  const run = useRun(projectId, runId);
  const report = useReport(projectId, runId);
  const mayPublish = usePermissions(projectId).has("models.write");
  const version = run.data ? `V${run.data.version_number}` : "";
  return (
    <Page
      title={t("report.title", { version })}
      crumbs={[
        { label: t("nav.experiments"), to: links.experiments(projectId) },
        { label: t("runs.nameShort", { version }), to: links.run(projectId, runId) },
      ]}
      actions={
        <>
          <DownloadReport projectId={projectId} runId={runId} />
          <Button type="primary" icon={<CloudUploadOutlined />} disabled={!mayPublish} onClick={() => void navigate(links.publish(projectId, runId))}>
            {t("models.publish")}
          </Button>
        </>
      }
    >
      <QueryView query={report}>{(document) => <ReportOfTask projectId={projectId} document={document} run={run.data} runId={runId} />}</QueryView>
      <AsCommand command={`bml runs report ${runId}`} />
    </Page>
  );
}

function DownloadReport({ projectId, runId }: { readonly projectId: number; readonly runId: number }) {
  const t = useT();
  const { message } = App.useApp();
  const download = useMutation({
    mutationFn: () => readReportAddress(projectId, runId),
    onSuccess: ({ download_url }) => {
      window.location.assign(download_url);
    },
    onError: (error) => void message.error(problemText(error, t)),
  });
  return (
    <Button
      icon={<DownloadOutlined />}
      loading={download.isPending}
      onClick={() => {
        download.mutate();
      }}
    >
      {t("report.download")}
    </Button>
  );
}

interface ViewProps {
  readonly projectId: number;
  readonly document: unknown;
  readonly run: Run | undefined;
  readonly runId: number;
}

/** Tables have a report of their own, downloaded with the first one. */
function ReportOfTask(props: ViewProps) {
  if (!isTabularReport(props.document)) return <ReportView {...props} />;
  return (
    <Suspense fallback={<Skeleton active />}>
      <TabularReportView document={props.document} runId={props.runId} />
    </Suspense>
  );
}

function ReportView({ projectId, document, run, runId }: ViewProps) {
  const t = useT();
  const report = useMemo(() => withBackground(parseReport(document), t("report.background")), [document, t]);
  const chinese = useLanguage() === "zh-CN";
  const name = `run-${runId}`;
  const isHeldOut = report.basis.source === "holdout";
  return (
    <>
      <Panel title={t("report.conclusion")}>
        <p style={{ margin: 0 }}>{chinese ? report.conclusion.zh : report.conclusion.en}</p>
        <p className="ob-muted ob-small" style={{ margin: "6px 0 0" }} data-testid="basis" data-source={report.basis.source}>
          {t(isHeldOut ? "report.basis.holdout" : "report.basis.eval", {
            evaluated: report.basis.evaluated_count,
            trained: report.basis.training_count,
            seed: String(report.basis.seed),
          })}
        </p>
      </Panel>
      {report.cautions.map((caution) => (
        <Alert key={caution.code} type="warning" showIcon title={chinese ? caution.message_zh : caution.message_en} />
      ))}
      <MetricCards report={report} />
      <Hints projectId={projectId} hints={report.hints ?? []} run={run} />
      <Subnets projectId={projectId} run={run} subnets={report.nas?.subnets ?? []} />
      <Charts report={report} name={name} />
      <PerLabel rows={report.per_class} name={`${name}-labels`} />
      <WrongExamples examples={report.wrong_examples} />
      <HeatMaps maps={report.heat_maps ?? []} />
    </>
  );
}

function Charts({ report, name }: { readonly report: Report; readonly name: string }) {
  const side = [
    ...(report.topk ? [<TopKChart key="topk" topk={report.topk} name={`${name}-topk`} />] : []),
    ...(report.pr_curves && report.pr_curves.length > 0 ? [<PrChart key="pr" curves={report.pr_curves} rows={report.per_class} name={`${name}-pr`} />] : []),
    ...(report.threshold_curve && report.threshold_curve.length > 0
      ? [<ThresholdChart key="threshold" curve={report.threshold_curve} recommended={report.recommended_threshold ?? null} name={`${name}-threshold`} />]
      : []),
  ];
  const confusion = report.confusion_matrix;
  return (
    <div className="ob-grid">
      {confusion ? (
        <div style={{ gridColumn: side.length > 0 ? "span 7" : "1 / -1" }}>
          <ConfusionChart confusion={confusion} name={`${name}-confusion`} />
        </div>
      ) : null}
      {confusion ? (
        <div className="ob-stack" style={{ gridColumn: "span 5" }}>
          {side}
        </div>
      ) : (
        side.map((chart) => (
          <div key={chart.key} style={{ gridColumn: "span 6" }}>
            {chart}
          </div>
        ))
      )}
    </div>
  );
}
