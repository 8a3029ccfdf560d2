import { useMemo } from "react";
import type { Comparison } from "@/api/types";
import { isLowerBetter, isShare } from "@/format/figures";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";

/** A group of bars for each figure, one bar for each run. */
export function FigureChart({ comparison, name }: { readonly comparison: Comparison; readonly name: string }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const colours = useChartColours();
  // Errors have units of their own: they stand in the table only.
  const figures = useMemo(() => comparison.figures.filter((figure) => isShare(figure) && !isLowerBetter(figure)), [comparison]);
  const titles = useMemo(() => figures.map((figure) => maybeT(`metric.${figure}`) ?? figure), [figures, maybeT]);
  const option = useMemo(
    () => ({
      animation: false,
      color: [...colours.series],
      grid: { left: 52, right: 16, top: 34, bottom: 64 },
      legend: { type: "scroll", top: 0, right: 0, textStyle: { color: colours.text } },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: colours.surface, borderColor: colours.line, textStyle: { color: colours.text }, valueFormatter: (value: unknown) => (typeof value === "number" ? format.percent(value) : "–") },
      xAxis: { type: "category", data: titles, axisLabel: { color: colours.text, interval: 0, width: 90, overflow: "break" }, axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false } },
      yAxis: { type: "value", min: 0, max: 1, axisLabel: { color: colours.muted, formatter: (value: number) => format.percent(value, 0) }, splitLine: { lineStyle: { color: colours.line } } },
      series: comparison.runs.map((run) => ({ type: "bar", name: `V${run.version_number}`, barMaxWidth: 24, data: figures.map((figure) => run.figures[figure] ?? null) })),
    }),
    [comparison, figures, titles, colours, format],
  );
  if (figures.length === 0) return null;
  return (
    <Chart
      title={t("comparison.figures")}
      name={name}
      height={300}
      option={option}
      table={{
        columns: [t("runs.run"), ...titles],
        rows: comparison.runs.map((run) => [`V${run.version_number}`, ...figures.map((figure) => run.figures[figure] ?? null)]),
      }}
    />
  );
}
