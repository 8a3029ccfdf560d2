import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import type { Report } from "./report";

interface Props {
  readonly report: Report;
  readonly name: string;
}

export function TopKChart({ report, name }: Props) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const entries = useMemo(() => Object.entries(report.topk), [report]);
  const option = useMemo(
    () => ({
      animation: false,
      color: [colours.high],
      grid: { left: 52, right: 16, top: 24, bottom: 28 },
      xAxis: {
        type: "category",
        data: entries.map(([k]) => t("report.topK", { k })),
        axisLabel: { color: colours.muted },
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
      },
      yAxis: {
        type: "value",
        min: 0,
        max: 1,
        axisLabel: { color: colours.muted, formatter: (value: number) => format.percent(value, 0) },
        splitLine: { lineStyle: { color: colours.line } },
      },
      series: [
        {
          type: "bar",
          name: t("metric.accuracy"),
          data: entries.map(([, value]) => value),
          barMaxWidth: 34,
          label: { show: true, position: "top", color: colours.text, formatter: (bar: { value: number }) => format.percent(bar.value) },
        },
      ],
    }),
    [entries, colours, format, t],
  );
  return (
    <Chart
      title={t("report.topKTitle")}
      name={name}
      height={180}
      option={option}
      table={{ columns: ["k", t("metric.accuracy")], rows: entries.map(([k, value]) => [Number(k), value]) }}
    />
  );
}

export function ThresholdChart({ report, name }: Props) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const curve = report.threshold_curve;
  const option = useMemo(() => {
    const series = (["f1", "precision", "recall"] as const).map((figure) => ({
      type: "line",
      name: t(`metric.${figure}`),
      showSymbol: false,
      lineStyle: { width: 2 },
      data: curve.map((point) => [point.threshold, point[figure]]),
    }));
    const mark =
      report.recommended_threshold === null
        ? {}
        : {
            markLine: {
              symbol: "none",
              silent: true,
              lineStyle: { color: colours.muted },
              label: { color: colours.text, formatter: format.number(report.recommended_threshold, 2) },
              data: [{ xAxis: report.recommended_threshold }],
            },
          };
    const axis = { min: 0, max: 1, axisLine: { lineStyle: { color: colours.line } }, nameTextStyle: { color: colours.muted }, splitLine: { lineStyle: { color: colours.line } } };
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 52, right: 20, top: 34, bottom: 42 },
      legend: { top: 0, right: 0, icon: "roundRect", itemHeight: 3, textStyle: { color: colours.text } },
      tooltip: {
        trigger: "axis",
        backgroundColor: colours.surface,
        borderColor: colours.line,
        textStyle: { color: colours.text },
        valueFormatter: (value: unknown) => (typeof value === "number" ? format.percent(value) : ""),
      },
      xAxis: { type: "value", name: t("metric.threshold"), nameLocation: "middle", nameGap: 26, axisLabel: { color: colours.muted }, ...axis },
      yAxis: { type: "value", axisLabel: { color: colours.muted, formatter: (value: number) => format.percent(value, 0) }, ...axis },
      series: series.map((line, index) => (index === 0 ? { ...line, ...mark } : line)),
    };
  }, [curve, report.recommended_threshold, colours, format, t]);
  return (
    <Chart
      title={t("report.thresholdCurve")}
      name={name}
      height={210}
      option={option}
      table={{
        columns: [t("metric.threshold"), t("metric.f1"), t("metric.precision"), t("metric.recall")],
        rows: curve.map((point) => [point.threshold, point.f1, point.precision, point.recall]),
      }}
    />
  );
}
