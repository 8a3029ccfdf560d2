import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, tooltip } from "../../report/chart-parts";
import type { ScorePoint } from "./score-points";

/** The score of each model as it was trained, and the best until then; higher is better for every metric. */
export function ScoreCurve({ points, name }: { readonly points: readonly ScorePoint[]; readonly name: string }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const option = useMemo(() => {
    const axis = { axisLabel: { color: colours.muted }, nameTextStyle: { color: colours.muted }, axisLine: { lineStyle: { color: colours.line } } };
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 64, right: 20, top: 36, bottom: 44 },
      legend: legend(colours),
      tooltip: tooltip(colours, (value) => format.compact(value)),
      xAxis: { type: "value", min: 1, minInterval: 1, name: t("tabular.step"), nameLocation: "middle", nameGap: 28, ...axis, splitLine: { show: false } },
      yAxis: { type: "value", scale: true, name: t("tabular.scoreAxis"), nameLocation: "middle", nameGap: 50, ...axis, axisLabel: { color: colours.muted, formatter: (value: number) => format.compact(value) }, splitLine: { lineStyle: { color: colours.line } } },
      series: [
        { type: "line", step: "end", name: t("tabular.bestScore"), data: points.map((point) => [point.step, point.best]), showSymbol: points.length < 2, lineStyle: { width: 2 } },
        { type: "scatter", name: t("tabular.score"), data: points.map((point) => [point.step, point.score]), symbolSize: 7 },
      ],
    };
  }, [points, colours, format, t]);
  return (
    <div data-testid="curves">
      <Chart
        title={t("tabular.scoreCurve")}
        name={name}
        option={option}
        table={{ columns: [t("tabular.step"), t("tabular.score"), t("tabular.bestScore"), t("tabular.modelsTrained")], rows: points.map((point) => [point.step, point.score, point.best, point.models]) }}
      />
    </div>
  );
}
