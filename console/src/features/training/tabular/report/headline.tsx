import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import type { TabularReport } from "./tabular-report";

/** The figures of all evaluated rows with the range in which they would fall in 95 of 100 samples; the metric that chose the model comes first. */
export function Headline({ report }: { readonly report: TabularReport }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const { metric } = report.problem;
  const figures = Object.entries(report.overall).sort(([left], [right]) => Number(right === metric) - Number(left === metric));
  const threshold = report.recommended_threshold;
  return (
    <div className="ob-metrics" data-testid="metrics">
      {figures.map(([figure, value]) => (
        <div key={figure} className="ob-metric">
          <b>{value === null ? "–" : format.figure(figure, value)}</b>
          <span>{maybeT(`metric.${figure}`) ?? figure}</span>
          <Interval figure={figure} interval={report.intervals?.[figure]} />
          <Baseline figure={figure} value={report.baseline?.[figure]} />
        </div>
      ))}
      {typeof threshold === "number" ? (
        <div className="ob-metric">
          <b>{format.number(threshold, 3)}</b>
          <span>{t("metric.recommended_threshold")}</span>
        </div>
      ) : null}
    </div>
  );
}

/** What a model without any knowledge would reach. */
function Baseline({ figure, value }: { readonly figure: string; readonly value: number | null | undefined }) {
  const t = useT();
  const format = useFormat();
  if (typeof value !== "number") return null;
  return <small className="ob-interval">{t("tabular.baseline", { value: format.figure(figure, value) })}</small>;
}

function Interval({ figure, interval }: { readonly figure: string; readonly interval: readonly [number | null, number | null] | null | undefined }) {
  const t = useT();
  const format = useFormat();
  const [low, high] = interval ?? [null, null];
  if (low === null || high === null) return null;
  return (
    <small className="ob-interval" title={t("tabular.interval")}>
      {t("tabular.range", { low: format.figure(figure, low), high: format.figure(figure, high) })}
    </small>
  );
}
