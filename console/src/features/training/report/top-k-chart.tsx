import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { shareAxis } from "./chart-parts";

interface Props {
  readonly topk: Readonly<Record<string, number>>;
  readonly name: string;
}

/** A sample counts for top-k when one of the k most confident results is right. */
export function TopKChart({ topk, name }: Props) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const entries = useMemo(() => Object.entries(topk), [topk]);
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
      yAxis: shareAxis(colours, (value) => format.percent(value, 0)),
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
