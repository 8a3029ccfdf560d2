import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, shareAxis, tooltip } from "../../report/chart-parts";
import type { TabularReport } from "./tabular-report";

/** Which share of the rows lies below each predicted quantile; a good one has its own. */
export function CoverageChart({ coverage, name }: { readonly coverage: NonNullable<TabularReport["quantile_coverage"]>; readonly name: string }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const option = useMemo(
    () => ({
      animation: false,
      color: [...colours.series],
      grid: { left: 62, right: 20, top: 34, bottom: 46 },
      legend: legend(colours),
      tooltip: tooltip(colours, (value) => format.percent(value)),
      xAxis: shareAxis(colours, (value) => format.percent(value, 0), t("tabular.quantile"), 28),
      yAxis: shareAxis(colours, (value) => format.percent(value, 0), t("tabular.below"), 44),
      series: [
        { type: "line", name: t("tabular.model"), symbolSize: 8, lineStyle: { width: 2 }, data: coverage.map((row) => [row.quantile, row.coverage]) },
        { type: "line", name: t("tabular.perfect"), showSymbol: false, lineStyle: { width: 1, type: "dashed", color: colours.muted }, itemStyle: { color: colours.muted }, data: [[0, 0], [1, 1]] },
      ],
    }),
    [coverage, colours, format, t],
  );
  return (
    <Chart
      title={t("tabular.coverage")}
      name={name}
      height={260}
      option={option}
      table={{ columns: [t("tabular.quantile"), t("tabular.below"), t("metric.pinball")], rows: coverage.map((row) => [row.quantile, row.coverage, row.pinball]) }}
    />
  );
}
