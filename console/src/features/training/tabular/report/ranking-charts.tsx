import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, shareAxis, tooltip } from "../../report/chart-parts";
import type { TabularReport } from "./tabular-report";

const MOST_CLASSES = 6;

interface Line {
  readonly label: string;
  readonly points: readonly (readonly [number, number])[];
}

const pairs = (x: readonly number[], y: readonly number[]): (readonly [number, number])[] => x.map((value, index) => [value, y[index] ?? 0]);

/** How well the classes are ranked: ROC, precision over recall, gain and lift. */
export function RankingCharts({ report, name }: { readonly report: TabularReport; readonly name: string }) {
  const t = useT();
  const format = useFormat();
  const area = (label: string, value: number | null): string => (value === null ? label : `${label} (${format.number(value, 3)})`);
  const roc = (report.roc ?? []).slice(0, MOST_CLASSES).map((curve): Line => ({ label: area(curve.label, curve.auc), points: pairs(curve.fpr, curve.tpr) }));
  const precision = (report.pr_curves ?? []).slice(0, MOST_CLASSES).map((curve): Line => ({ label: area(curve.label, curve.average_precision), points: pairs(curve.recall, curve.precision) }));
  const lifts = (report.lift ?? []).slice(0, MOST_CLASSES);
  const gain = lifts.map((curve): Line => ({ label: curve.label, points: [[0, 0], ...pairs(curve.share, curve.gain)] }));
  const lift = lifts.map((curve): Line => ({ label: curve.label, points: pairs(curve.share, curve.lift) }));
  return (
    <div className="ob-grid" data-testid="rankings">
      <CurveChart title={t("tabular.roc")} name={`${name}-roc`} x={t("tabular.falsePositiveRate")} y={t("tabular.truePositiveRate")} lines={roc} chance={[[0, 0], [1, 1]]} />
      <CurveChart title={t("report.prCurves")} name={`${name}-pr`} x={t("metric.recall")} y={t("metric.precision")} lines={precision} />
      <CurveChart title={t("tabular.gain")} name={`${name}-gain`} x={t("tabular.contacted")} y={t("tabular.reached")} lines={gain} chance={[[0, 0], [1, 1]]} />
      <CurveChart title={t("tabular.lift")} name={`${name}-lift`} x={t("tabular.contacted")} y={t("tabular.liftAxis")} lines={lift} chance={[[0, 1], [1, 1]]} isUnbounded />
    </div>
  );
}

interface Props {
  readonly title: string;
  readonly name: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
  /** What a model that guesses would draw. */
  readonly chance?: readonly (readonly [number, number])[];
  readonly isUnbounded?: boolean;
}

function CurveChart({ title, name, x, y, lines, chance, isUnbounded = false }: Props) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const option = useMemo(() => {
    const percent = (value: number): string => format.percent(value, 0);
    const yAxis = isUnbounded ? { ...shareAxis(colours, (value) => format.number(value, 1), y, 40), max: null } : shareAxis(colours, percent, y, 44);
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 62, right: 20, top: 34, bottom: 46 },
      legend: legend(colours),
      tooltip: tooltip(colours, (value) => (isUnbounded ? format.number(value, 2) : format.percent(value))),
      xAxis: shareAxis(colours, percent, x, 28),
      yAxis,
      series: [
        ...lines.map((line) => ({ type: "line", name: line.label, showSymbol: false, lineStyle: { width: 2 }, data: line.points.map((point) => [...point]) })),
        ...(chance ? [{ type: "line", name: t("tabular.chance"), showSymbol: false, lineStyle: { width: 1, type: "dashed", color: colours.muted }, itemStyle: { color: colours.muted }, data: chance.map((point) => [...point]) }] : []),
      ],
    };
  }, [lines, chance, x, y, isUnbounded, colours, format, t]);
  if (lines.length === 0) return null;
  return (
    <div style={{ gridColumn: "span 6" }}>
      <Chart
        title={title}
        name={name}
        height={280}
        option={option}
        table={{ columns: [t("report.label"), x, y], rows: lines.flatMap((line) => line.points.map(([at, value]) => [line.label, at, value])) }}
      />
    </div>
  );
}
