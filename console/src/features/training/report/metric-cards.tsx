import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import type { Report } from "./report";

/** The overall figures; a figure without anything to evaluate is a dash. */
export function MetricCards({ report }: { readonly report: Report }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const threshold = report.recommended_threshold;
  return (
    <div className="ob-metrics" data-testid="metrics">
      {Object.entries(report.overall).map(([metric, value]) => (
        <div key={metric} className="ob-metric">
          <b>{value === null ? "–" : format.figure(metric, value)}</b>
          <span>{maybeT(`metric.${metric}`) ?? metric}</span>
        </div>
      ))}
      {typeof threshold === "number" ? (
        <div className="ob-metric">
          <b>{format.number(threshold, 2)}</b>
          <span>{t("metric.recommended_threshold")}</span>
        </div>
      ) : null}
      <div className="ob-metric">
        <b>{format.number(report.wrong_count)}</b>
        <span>{t("report.wrongOf", { total: report.basis.evaluated_count })}</span>
      </div>
    </div>
  );
}
