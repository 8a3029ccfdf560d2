import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { tooltip } from "../../report/chart-parts";
import { numberAxis } from "./number-axis";
import type { Residuals } from "./tabular-report";

interface ActualProps {
  readonly points: NonNullable<Residuals["points"]>;
  readonly title: string;
  readonly name: string;
}

/** Predictions beside the true values; right ones lie on the line. */
export function ActualChart({ points, title, name }: ActualProps) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const option = useMemo(() => {
    const values = points.flatMap((point) => [point.actual, point.predicted]);
    const ends = [Math.min(...values), Math.max(...values)];
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 70, right: 20, top: 16, bottom: 46 },
      tooltip: {
        ...tooltip(colours, format.compact),
        trigger: "item",
        formatter: ({ value }: { value: readonly [number, number] }) => t("tabular.actualPoint", { actual: format.compact(value[0]), predicted: format.compact(value[1]) }),
      },
      xAxis: numberAxis(colours, format.compact, t("tabular.actualValue"), 28),
      yAxis: numberAxis(colours, format.compact, t("tabular.predictedValue"), 54),
      series: [
        { type: "scatter", symbolSize: 6, itemStyle: { opacity: 0.55 }, data: points.map((point) => [point.actual, point.predicted]) },
        { type: "line", showSymbol: false, silent: true, tooltip: { show: false }, lineStyle: { width: 1, type: "dashed", color: colours.muted }, data: ends.map((end) => [end, end]) },
      ],
    };
  }, [points, colours, format, t]);
  return (
    <Chart
      title={title}
      name={name}
      height={300}
      option={option}
      table={{ columns: [t("tabular.actualValue"), t("tabular.predictedValue")], rows: points.map((point) => [point.actual, point.predicted]) }}
    />
  );
}

/** How many rows are off by how much. */
export function ResidualHistogram({ histogram, name }: { readonly histogram: NonNullable<Residuals["histogram"]>; readonly name: string }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const { edges, counts } = histogram;
  const middles = useMemo(() => counts.map((_, index) => ((edges[index] ?? 0) + (edges[index + 1] ?? 0)) / 2), [edges, counts]);
  const option = useMemo(
    () => ({
      animation: false,
      color: [colours.high],
      grid: { left: 60, right: 20, top: 16, bottom: 46 },
      tooltip: { ...tooltip(colours, (value) => format.number(value)), axisPointer: { type: "shadow" } },
      xAxis: { type: "category", data: middles.map(format.compact), name: t("tabular.residual"), nameLocation: "middle", nameGap: 28, nameTextStyle: { color: colours.muted }, axisLabel: { color: colours.muted, hideOverlap: true }, axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false } },
      yAxis: { ...numberAxis(colours, (value) => format.number(value), t("tabular.rows"), 44), scale: false },
      series: [{ type: "bar", name: t("tabular.rows"), barCategoryGap: "6%", data: [...counts] }],
    }),
    [middles, counts, colours, format, t],
  );
  return (
    <Chart
      title={t("tabular.residuals")}
      name={name}
      height={300}
      option={option}
      table={{ columns: [t("tabular.from"), t("tabular.to"), t("tabular.rows")], rows: counts.map((count, index) => [edges[index] ?? null, edges[index + 1] ?? null, count]) }}
    />
  );
}
