import { Switch } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import type { Report } from "./report";

type Confusion = NonNullable<Report["confusion_matrix"]>;

const CELL_NUMBERS_UP_TO = 20;

/** Rows are the true labels, columns the predicted ones; a share is of its row. What is no object is background. */
export function ConfusionChart({ confusion, name }: { readonly confusion: Confusion; readonly name: string }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const [shares, setShares] = useState(false);
  const { labels, counts } = confusion;
  const option = useMemo(() => {
    const cells = counts.flatMap((row, trueIndex) => {
      const total = row.reduce((sum, count) => sum + count, 0);
      return row.map((count, predicted) => [predicted, trueIndex, shares && total > 0 ? count / total : count] as const);
    });
    const show = (value: number): string => (shares ? format.percent(value, 0) : format.number(value));
    const axis = { axisLabel: { color: colours.muted }, nameTextStyle: { color: colours.muted }, axisLine: { lineStyle: { color: colours.line } }, splitArea: { show: false } };
    return {
      animation: false,
      grid: { left: 84, right: 16, top: 12, bottom: 84 },
      tooltip: {
        backgroundColor: colours.surface,
        borderColor: colours.line,
        textStyle: { color: colours.text },
        formatter: (cell: { data: readonly [number, number, number] }) =>
          t("report.cell", { true: labels[cell.data[1]] ?? "", predicted: labels[cell.data[0]] ?? "", value: show(cell.data[2]) }),
      },
      xAxis: { type: "category", data: [...labels], name: t("report.predicted"), nameLocation: "middle", nameGap: 30, ...axis },
      yAxis: { type: "category", data: [...labels], inverse: true, name: t("report.true"), nameLocation: "middle", nameGap: 62, ...axis },
      visualMap: {
        min: 0,
        max: Math.max(shares ? 1 : 0, ...cells.map((cell) => cell[2])),
        calculable: false,
        orient: "horizontal",
        left: "center",
        bottom: 4,
        itemHeight: 120,
        itemWidth: 10,
        text: [t("report.many"), t("report.few")],
        textStyle: { color: colours.muted },
        inRange: { color: [colours.low, colours.high] },
      },
      series: [
        {
          type: "heatmap",
          data: cells,
          label: {
            show: labels.length <= CELL_NUMBERS_UP_TO,
            formatter: (cell: { data: readonly [number, number, number] }) => (cell.data[2] === 0 ? "" : show(cell.data[2])),
          },
          itemStyle: { borderColor: colours.line, borderWidth: 1 },
        },
      ],
    };
  }, [counts, labels, shares, colours, format, t]);
  return (
    <Chart
      title={t("report.confusion")}
      name={name}
      height={430}
      option={option}
      table={{
        columns: [t("report.true"), ...labels],
        rows: counts.map((row, index) => [labels[index] ?? "", ...row]),
      }}
      extra={
        <span className="ob-row ob-small">
          <Switch size="small" checked={shares} onChange={setShares} aria-label={t("report.shares")} />
          {t("report.shares")}
        </span>
      }
    />
  );
}
