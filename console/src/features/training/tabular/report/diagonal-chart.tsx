import { useMemo, type ReactNode } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, shareAxis, tooltip } from "../../report/chart-parts";

interface Props {
  readonly title: string;
  /** Of the file that is downloaded. */
  readonly name: string;
  readonly height: number;
  readonly across: string;
  readonly up: string;
  readonly points: readonly (readonly [number, number])[];
  readonly symbolSize: number;
  readonly table: { readonly columns: readonly string[]; readonly rows: readonly (readonly number[])[] };
  readonly footer?: ReactNode;
}

/** What was said beside what came, both shares; on the diagonal a model can be taken at its word. */
export function DiagonalChart({ title, name, height, across, up, points, symbolSize, table, footer }: Props) {
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
      xAxis: shareAxis(colours, (value) => format.percent(value, 0), across, 28),
      yAxis: shareAxis(colours, (value) => format.percent(value, 0), up, 44),
      series: [
        { type: "line", name: t("tabular.model"), symbolSize, lineStyle: { width: 2 }, data: points },
        { type: "line", name: t("tabular.perfect"), showSymbol: false, lineStyle: { width: 1, type: "dashed", color: colours.muted }, itemStyle: { color: colours.muted }, data: [[0, 0], [1, 1]] },
      ],
    }),
    [across, up, points, symbolSize, colours, format, t],
  );
  return <Chart title={title} name={name} height={height} option={option} table={table} footer={footer} />;
}
