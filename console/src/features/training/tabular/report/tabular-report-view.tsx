import { Alert } from "antd";
import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import { TabularMessages } from "@/i18n/tabular-messages";
import { Panel } from "@/ui/page";
import { PerLabel } from "../../report/per-label";
import { UnknownReportError } from "../../report/report";
import { Cards } from "./cards";
import { ColumnList } from "./column-list";
import { DependenceChart } from "./dependence-chart";
import { ErrorCharts } from "./error-charts";
import { Headline } from "./headline";
import { ImportanceChart } from "./importance-chart";
import { RankingCharts } from "./ranking-charts";
import { ReportLeaderboard } from "./report-leaderboard";
import { SliceTable } from "./slice-table";
import { parseTabularReport, type TabularReport } from "./tabular-report";
import { ThresholdPanel } from "./threshold-panel";
import { WrongRows } from "./wrong-rows";

/** What a model of a table can do, where it fails, and what it looks at. */
export function TabularReportView({ document, runId }: { readonly document: unknown; readonly runId: number }) {
  const report = useMemo(() => parseTabularReport(document), [document]);
  if (!report) throw new UnknownReportError(typeof document === "object" && document !== null && "format" in document ? document.format : undefined);
  return (
    <TabularMessages>
      <Sections report={report} name={`run-${runId}`} />
    </TabularMessages>
  );
}

function Sections({ report, name }: { readonly report: TabularReport; readonly name: string }) {
  const said = useSaid();
  return (
    <>
      <Conclusion report={report} />
      {report.cautions.map((caution) => (
        <Alert key={caution.code} type="warning" showIcon title={said(caution.message_en, caution.message_zh)} />
      ))}
      <Headline report={report} />
      {(report.hints ?? []).map((hint, index) => (
        <Alert key={`${hint.code}-${index}`} type={hint.severity === "warning" ? "warning" : "info"} showIcon title={said(hint.message_en, hint.message_zh)} />
      ))}
      <ReportLeaderboard models={report.leaderboard ?? []} problem={report.problem} />
      <ThresholdPanel report={report} name={name} />
      <ErrorCharts report={report} name={name} />
      <RankingCharts report={report} name={name} />
      {report.problem.kind === "multiclass" && report.per_class?.length ? <PerLabel rows={report.per_class} name={`${name}-labels`} /> : null}
      <ImportanceChart importance={report.importance ?? {}} name={name} />
      <DependenceChart curves={report.partial_dependence ?? []} labels={report.labels} problem={report.problem} name={name} />
      <WrongRows rows={report.wrong_examples ?? []} count={report.wrong_count ?? 0} total={report.basis.evaluated_count} />
      <SliceTable slices={report.slices ?? []} metric={report.problem.metric} />
      <ColumnList columns={report.columns ?? []} />
      <Cards report={report} />
    </>
  );
}

function Conclusion({ report }: { readonly report: TabularReport }) {
  const t = useT();
  const said = useSaid();
  const format = useFormat();
  const { basis } = report;
  const told = { evaluated: basis.evaluated_count, trained: basis.training_count, seed: String(basis.seed) };
  const source = basis.source === "cross_validation" || basis.source === "holdout" ? basis.source : "eval";
  return (
    <Panel title={t("report.conclusion")}>
      <p style={{ margin: 0 }}>{said(report.conclusion.en, report.conclusion.zh)}</p>
      <p className="ob-muted ob-small" style={{ margin: "6px 0 0" }} data-testid="basis" data-source={basis.source}>
        {t(`tabular.basis.${source}`, told)}
      </p>
      {[report.sampling, report.evaluation_sampling].map((sampling, place) =>
        sampling ? (
          <p key={place} className="ob-small" style={{ margin: "6px 0 0" }} data-testid="sampling">
            {t("tabular.sampled", { used: format.number(sampling.rows_used), total: format.number(sampling.rows_total) })} {said(sampling.reason_en, sampling.reason_zh)}
          </p>
        ) : null,
      )}
    </Panel>
  );
}
