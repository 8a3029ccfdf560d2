import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import type { UsageSum } from "./aggregate";

interface Props {
  readonly sums: readonly UsageSum[];
  readonly nameOf: (key: string) => string;
  readonly title: string;
}

/** Calls as bars, those that failed apart. */
export function UsageChart({ sums, nameOf, title }: Props) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const label = { color: colours.muted };
  const names = sums.map((sum) => nameOf(sum.key));
  const option = {
    animation: false,
    grid: { left: 64, right: 16, top: 34, bottom: 30 },
    legend: { top: 0, textStyle: { color: colours.text } },
    tooltip: { trigger: "axis", backgroundColor: colours.surface, borderColor: colours.line, textStyle: { color: colours.text }, valueFormatter: (value: unknown) => (typeof value === "number" ? format.number(value) : "–") },
    xAxis: { type: "category", data: names, axisLabel: { ...label, hideOverlap: true }, axisLine: { lineStyle: { color: colours.line } } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { ...label, formatter: (value: number) => format.number(value) }, splitLine: { lineStyle: { color: colours.line } } },
    series: [
      { type: "bar", stack: "calls", name: t("statistics.answered"), color: colours.series[0], data: sums.map((sum) => sum.calls - sum.errors) },
      { type: "bar", stack: "calls", name: t("statistics.errors"), color: colours.series[1], data: sums.map((sum) => sum.errors) },
    ],
  };
  const rows = sums.map((sum, place) => [names[place] ?? sum.key, sum.calls, sum.errors, sum.meanMs]);
  return <Chart title={title} name="usage" height={280} option={option} table={{ columns: [title, t("statistics.calls"), t("statistics.errors"), t("statistics.meanMs")], rows }} />;
}
