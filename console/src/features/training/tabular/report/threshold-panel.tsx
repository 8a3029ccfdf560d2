import { Button, Slider } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, shareAxis, tooltip } from "../../report/chart-parts";
import { pointAt } from "../../report/report";
import { classSizes, countsAt, type CostPoint, type TabularReport } from "./tabular-report";

const FIGURES = ["precision", "recall", "f1"] as const;

/** A binary model at any threshold: its figures, how the rows fall, and what the mistakes cost. */
export function ThresholdPanel({ report, name }: { readonly report: TabularReport; readonly name: string }) {
  const curve = report.threshold_curve ?? [];
  const recommended = report.recommended_threshold ?? null;
  const [chosen, setChosen] = useState(recommended ?? 0.5);
  const point = pointAt(curve, chosen) as CostPoint | undefined;
  const sizes = classSizes(report);
  if (report.problem.kind !== "binary" || !point) return null;
  return (
    <div className="ob-grid">
      <div style={{ gridColumn: "span 8" }}>
        <CostChart curve={curve} chosen={chosen} name={name}>
          <ThresholdSlider chosen={chosen} recommended={recommended} onChange={setChosen} />
        </CostChart>
      </div>
      <div style={{ gridColumn: "span 4" }}>
        <AtThreshold point={point} sizes={sizes} positive={report.problem.positive_label ?? ""} />
      </div>
    </div>
  );
}

interface SliderProps {
  readonly chosen: number;
  readonly recommended: number | null;
  readonly onChange: (threshold: number) => void;
}

function ThresholdSlider({ chosen, recommended, onChange }: SliderProps) {
  const t = useT();
  const format = useFormat();
  return (
    <div className="ob-stack-s" data-testid="threshold">
      <Slider min={0} max={1} step={0.005} value={chosen} onChange={onChange} ariaLabelForHandle={t("metric.threshold")} tooltip={{ formatter: (value) => format.number(value ?? 0, 3) }} />
      <div className="ob-between ob-small">
        <span className="ob-num">{t("report.atThreshold", { threshold: format.number(chosen, 3) })}</span>
        {recommended === null ? null : (
          <Button
            size="small"
            disabled={chosen === recommended}
            onClick={() => {
              onChange(recommended);
            }}
          >
            {t("report.recommended", { threshold: format.number(recommended, 3) })}
          </Button>
        )}
      </div>
    </div>
  );
}

interface ChartProps {
  readonly curve: readonly CostPoint[];
  readonly chosen: number;
  readonly name: string;
  readonly children: React.ReactNode;
}

function CostChart({ curve, chosen, name, children }: ChartProps) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const hasCost = curve.some((point) => typeof point.cost === "number");
  const option = useMemo(() => {
    const mark = {
      markLine: { symbol: "none", silent: true, lineStyle: { color: colours.muted }, label: { position: "insideEndTop", color: colours.text, formatter: format.number(chosen, 3) }, data: [{ xAxis: chosen }] },
    };
    const line = (title: string, of: (point: CostPoint) => number | null | undefined, more: object) => ({ type: "line", name: title, showSymbol: false, lineStyle: { width: 2 }, data: curve.map((point) => [point.threshold, of(point) ?? null]), ...more });
    const costAxis = { type: "value", name: t("tabular.cost"), nameLocation: "middle", nameGap: 46, nameTextStyle: { color: colours.muted }, axisLabel: { color: colours.muted, formatter: (value: number) => format.compact(value) }, splitLine: { show: false } };
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 58, right: hasCost ? 66 : 20, top: 34, bottom: 42 },
      legend: legend(colours),
      tooltip: tooltip(colours, (value) => format.compact(value)),
      xAxis: shareAxis(colours, (value) => format.number(value, 1), t("metric.threshold")),
      yAxis: [shareAxis(colours, (value) => format.percent(value, 0), t("chart.share"), 44), ...(hasCost ? [costAxis] : [])],
      series: [
        ...FIGURES.map((figure, index) => line(t(`metric.${figure}`), (point) => point[figure], index === 0 ? mark : {})),
        ...(hasCost ? [line(t("tabular.cost"), (point) => point.cost, { yAxisIndex: 1, lineStyle: { width: 2, type: "dashed" } })] : []),
      ],
    };
  }, [curve, chosen, hasCost, colours, format, t]);
  return (
    <Chart
      title={t("report.thresholdCurve")}
      name={`${name}-threshold`}
      height={250}
      option={option}
      table={{
        columns: [t("metric.threshold"), ...FIGURES.map((figure) => t(`metric.${figure}`)), ...(hasCost ? [t("tabular.cost")] : [])],
        rows: curve.map((point) => [point.threshold, ...FIGURES.map((figure) => point[figure]), ...(hasCost ? [point.cost ?? null] : [])]),
      }}
      footer={children}
    />
  );
}

interface AtProps {
  readonly point: CostPoint;
  readonly sizes: ReturnType<typeof classSizes>;
  readonly positive: string;
}

/** How the evaluated rows fall at the chosen threshold. */
function AtThreshold({ point, sizes, positive }: AtProps) {
  const t = useT();
  const format = useFormat();
  const counts = sizes ? countsAt(point, sizes.positives, sizes.negatives) : null;
  const cell = (count: number, isRight: boolean) => (
    <td data-right={isRight} className="ob-num">
      {format.number(count)}
    </td>
  );
  return (
    <section className="ob-panel" aria-label={t("tabular.atThreshold")} style={{ height: "100%" }} data-testid="at-threshold">
      <h2>{t("tabular.atThreshold")}</h2>
      <div className="ob-stack">
        {counts ? (
          <table className="ob-confusion">
            <thead>
              <tr>
                <td />
                <th scope="col">{t("tabular.predictedPositive")}</th>
                <th scope="col">{t("tabular.predictedNegative")}</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">{t("tabular.isPositive", { label: positive })}</th>
                {cell(counts.truePositives, true)}
                {cell(counts.falseNegatives, false)}
              </tr>
              <tr>
                <th scope="row">{t("tabular.isNegative")}</th>
                {cell(counts.falsePositives, false)}
                {cell(counts.trueNegatives, true)}
              </tr>
            </tbody>
          </table>
        ) : null}
        <dl className="ob-facts">
          {FIGURES.map((figure) => (
            <div key={figure} style={{ display: "contents" }}>
              <dt>{t(`metric.${figure}`)}</dt>
              <dd className="ob-num">{format.percent(point[figure])}</dd>
            </div>
          ))}
          {typeof point.cost === "number" ? (
            <>
              <dt>{t("tabular.costTotal")}</dt>
              <dd className="ob-num">{format.compact(point.cost)}</dd>
            </>
          ) : null}
        </dl>
      </div>
    </section>
  );
}
