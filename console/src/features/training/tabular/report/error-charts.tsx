import { useT } from "@/i18n";
import { ConfusionChart } from "../../report/confusion-chart";
import { CalibrationChart } from "./calibration-chart";
import { CoverageChart } from "./coverage-chart";
import { DecileTable } from "./decile-table";
import { ActualChart, ResidualHistogram } from "./residual-charts";
import type { TabularReport } from "./tabular-report";

/** Classes that a matrix of half the width shows. */
const SMALL_CONFUSION = 8;
const BESIDE_CONFUSION = 404;

/** Where answers are wrong: which classes are taken for which, or how far values are off. */
export function ErrorCharts({ report, name }: { readonly report: TabularReport; readonly name: string }) {
  const t = useT();
  const calibration = report.calibration?.bins.length ? report.calibration : null;
  const isSmall = (report.confusion_matrix?.labels.length ?? 0) <= SMALL_CONFUSION;
  const { confusion_matrix: confusion, residuals, quantile_coverage: coverage } = report;
  return (
    <>
      {confusion ? (
        <div className="ob-grid">
          <div style={{ gridColumn: isSmall && calibration ? "span 6" : "1 / -1" }}>
            <ConfusionChart confusion={confusion} name={`${name}-confusion`} />
          </div>
          {calibration ? (
            <div style={{ gridColumn: isSmall ? "span 6" : "1 / -1" }}>
              <CalibrationChart calibration={calibration} name={name} height={isSmall ? BESIDE_CONFUSION : 280} />
            </div>
          ) : null}
        </div>
      ) : null}
      {residuals ? (
        <div className="ob-grid" data-testid="residuals">
          {residuals.points?.length ? (
            <div style={{ gridColumn: "span 6" }}>
              <ActualChart points={residuals.points} title={t("tabular.actual")} name={`${name}-actual`} />
            </div>
          ) : null}
          {residuals.histogram ? (
            <div style={{ gridColumn: "span 6" }}>
              <ResidualHistogram histogram={residuals.histogram} name={`${name}-residuals`} />
            </div>
          ) : null}
          {residuals.by_decile?.length ? (
            <div style={{ gridColumn: "1 / -1" }}>
              <DecileTable deciles={residuals.by_decile} />
            </div>
          ) : null}
        </div>
      ) : null}
      {coverage?.length ? <CoverageChart coverage={coverage} name={`${name}-quantiles`} /> : null}
    </>
  );
}
