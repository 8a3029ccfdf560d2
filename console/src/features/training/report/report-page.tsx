import { CloudUploadOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { useMemo } from "react";
import { useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { useReport, useRun } from "@/api/queries/training";
import { useFormat } from "@/format/use-format";
import { useLanguage, useMaybeT, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { ClassChart } from "./class-chart";
import { ConfusionChart } from "./confusion-chart";
import { parseReport, type Report } from "./report";
import { ThresholdChart, TopKChart } from "./curve-charts";
import { WrongExamples } from "./wrong-examples";

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
        <Button type="primary" icon={<CloudUploadOutlined />} disabled={!mayPublish} onClick={() => void navigate(links.publish(projectId, runId))}>
          {t("models.publish")}
        </Button>
      }
    >
      <QueryView query={report}>{(document) => <ReportView document={document} runId={runId} />}</QueryView>
      <AsCommand command={`bml runs report ${runId}`} />
    </Page>
  );
}

interface ViewProps {
  readonly document: unknown;
  readonly runId: number;
}

function ReportView({ document, runId }: ViewProps) {
  const report = useMemo(() => parseReport(document), [document]);
  const chinese = useLanguage() === "zh-CN";
  const t = useT();
  return (
    <>
      <Panel title={t("report.conclusion")}>
        <p style={{ margin: 0 }}>{chinese ? report.conclusion.zh : report.conclusion.en}</p>
        <p className="ob-muted ob-small" style={{ margin: "6px 0 0" }}>
          {t(report.basis.source === "holdout" ? "report.basis.holdout" : "report.basis.eval", {
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
      <div className="ob-grid">
        <div style={{ gridColumn: "span 7" }}>
          <ConfusionChart report={report} name={`run-${runId}-confusion`} />
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 5" }}>
          <TopKChart report={report} name={`run-${runId}-topk`} />
          <ThresholdChart report={report} name={`run-${runId}-threshold`} />
        </div>
      </div>
      <ClassChart report={report} name={`run-${runId}-classes`} />
      <WrongExamples report={report} />
    </>
  );
}

function MetricCards({ report }: { readonly report: Report }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  return (
    <div className="ob-metrics" data-testid="metrics">
      {Object.entries(report.overall).map(([metric, value]) => (
        <div key={metric} className="ob-metric">
          <b>{format.percent(value)}</b>
          <span>{maybeT(`metric.${metric}`) ?? metric}</span>
        </div>
      ))}
      <div className="ob-metric">
        <b>{report.recommended_threshold === null ? "–" : format.number(report.recommended_threshold, 2)}</b>
        <span>{t("metric.recommended_threshold")}</span>
      </div>
      <div className="ob-metric">
        <b>{format.number(report.wrong_count)}</b>
        <span>{t("report.wrongOf", { total: report.basis.evaluated_count })}</span>
      </div>
    </div>
  );
}
