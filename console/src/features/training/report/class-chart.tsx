import { Segmented } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import type { Report } from "./report";

const FIGURES = ["f1", "precision", "recall"] as const;
type Figure = (typeof FIGURES)[number];

const ROW_HEIGHT = 22;

/** One bar per label, the weakest on top, so that labels that pull the model down are seen first. */
export function ClassChart({ report, name }: { readonly report: Report; readonly name: string }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const [figure, setFigure] = useState<Figure>("f1");
  const rows = useMemo(() => [...report.per_class].sort((left, right) => left[figure] - right[figure]), [report, figure]);
  const option = useMemo(
    () => ({
      animation: false,
      color: [colours.high],
      grid: { left: 96, right: 64, top: 8, bottom: 40 },
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        backgroundColor: colours.surface,
        borderColor: colours.line,
        textStyle: { color: colours.text },
        valueFormatter: (value: unknown) => (typeof value === "number" ? format.percent(value) : ""),
      },
      xAxis: {
        type: "value",
        min: 0,
        max: 1,
        name: t(`metric.${figure}`),
        nameLocation: "middle",
        nameGap: 26,
        nameTextStyle: { color: colours.muted },
        axisLabel: { color: colours.muted, formatter: (value: number) => format.percent(value, 0) },
        splitLine: { lineStyle: { color: colours.line } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: rows.map((row) => row.label),
        axisLabel: { color: colours.text, width: 84, overflow: "truncate" },
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
      },
      series: [
        {
          type: "bar",
          name: t(`metric.${figure}`),
          data: rows.map((row) => row[figure]),
          barMaxWidth: 14,
          label: { show: true, position: "right", color: colours.text, formatter: (bar: { value: number }) => format.percent(bar.value) },
        },
      ],
    }),
    [rows, figure, colours, format, t],
  );
  return (
    <Chart
      title={t("report.perClass")}
      name={name}
      height={Math.min(900, 64 + rows.length * ROW_HEIGHT)}
      option={option}
      table={{
        columns: [t("report.label"), t("metric.f1"), t("metric.precision"), t("metric.recall"), t("report.support"), t("report.trained")],
        rows: rows.map((row) => [row.label, round(row.f1), round(row.precision), round(row.recall), row.support, row.training_count]),
      }}
      extra={
        <Segmented<Figure>
          size="small"
          value={figure}
          onChange={setFigure}
          options={FIGURES.map((value) => ({ value, label: t(`metric.${value}`) }))}
        />
      }
    />
  );
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
