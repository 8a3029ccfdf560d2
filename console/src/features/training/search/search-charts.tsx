import { useMemo } from "react";
import type { Importance, Trial } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useLanguage, useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { bestSoFar, parallelRows, parameterAxes, parameterNames } from "./trials";

interface Props {
  readonly trials: readonly Trial[];
  readonly name: string;
  readonly nameOf: (parameter: string) => string;
  readonly quality: string;
}

/** Every trial is a line through its hyper-parameters to its quality; the darker, the better. */
export function ParallelTrials({ trials, name, nameOf, quality }: Props) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const option = useMemo(() => {
    const axes = parameterAxes(trials);
    const rows = parallelRows(trials, axes);
    const qualities = rows.map((row) => Number(row.value.at(-1)));
    const style = { axisLine: { lineStyle: { color: colours.muted } }, axisLabel: { color: colours.text }, nameTextStyle: { color: colours.text } };
    return {
      animation: false,
      parallelAxis: [
        ...axes.map((axis, dim) => ({ dim, name: nameOf(axis.name), ...(axis.kind === "category" ? { type: "category", data: [...axis.values] } : { type: axis.kind, scale: true }), ...style })),
        { dim: axes.length, name: quality, type: "value", scale: true, ...style, axisLabel: { color: colours.text, formatter: (value: number) => format.percent(value, 0) } },
      ],
      parallel: { left: 60, right: 70, top: 40, bottom: 24 },
      visualMap: {
        show: false,
        dimension: axes.length,
        min: Math.min(...qualities, 1),
        max: Math.max(...qualities, 0),
        inRange: { color: [colours.line, colours.high], opacity: [0.35, 1] },
      },
      tooltip: { backgroundColor: colours.surface, borderColor: colours.line, textStyle: { color: colours.text }, formatter: (line: { name: string }) => line.name },
      series: [{ type: "parallel", smooth: true, lineStyle: { width: 2 }, data: rows.map((row) => ({ name: t("search.trialName", { number: row.number }), value: row.value })) }],
    };
  }, [trials, colours, format, nameOf, quality, t]);
  const names = parameterNames(trials);
  return (
    <Chart
      title={t("search.parallel")}
      name={`${name}-parallel`}
      height={300}
      option={option}
      table={{
        columns: [t("search.trial"), ...names.map(nameOf), quality],
        rows: trials.map((trial) => [trial.number, ...names.map((parameter) => String(trial.parameters[parameter] ?? "")), trial.quality]),
      }}
    />
  );
}

/** Each trial's quality, and the best until then. */
export function BestSoFar({ trials, name, quality, target }: Omit<Props, "nameOf"> & { readonly target: number | null }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const points = useMemo(() => bestSoFar(trials), [trials]);
  const option = useMemo(() => {
    const axis = { axisLine: { lineStyle: { color: colours.line } }, axisLabel: { color: colours.muted }, nameTextStyle: { color: colours.muted }, splitLine: { lineStyle: { color: colours.line } } };
    const mark = target === null ? {} : { markLine: { symbol: "none", silent: true, lineStyle: { color: colours.muted, type: "dashed" }, label: { color: colours.text, position: "insideEndTop", formatter: t("search.target", { value: format.percent(target) }) }, data: [{ yAxis: target }] } };
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 52, right: 16, top: 34, bottom: 42 },
      legend: { top: 0, right: 0, textStyle: { color: colours.text }, itemHeight: 6 },
      tooltip: { trigger: "axis", backgroundColor: colours.surface, borderColor: colours.line, textStyle: { color: colours.text }, valueFormatter: (value: unknown) => (typeof value === "number" ? format.percent(value) : "") },
      xAxis: { type: "value", minInterval: 1, name: t("search.trial"), nameLocation: "middle", nameGap: 26, ...axis, splitLine: { show: false } },
      yAxis: { type: "value", scale: true, ...axis, axisLabel: { color: colours.muted, formatter: (value: number) => format.percent(value, 0) } },
      series: [
        { type: "line", step: "end", name: t("search.best"), showSymbol: false, lineStyle: { width: 2 }, data: points.map((point) => [point.number, point.best]), ...mark },
        { type: "scatter", name: quality, symbolSize: 7, data: points.map((point) => [point.number, point.quality]) },
      ],
    };
  }, [points, target, colours, format, quality, t]);
  return (
    <Chart
      title={t("search.bestSoFar")}
      name={`${name}-best`}
      height={240}
      option={option}
      table={{ columns: [t("search.trial"), quality, t("search.best")], rows: points.map((point) => [point.number, point.quality, point.best]) }}
    />
  );
}

/** How much each hyper-parameter mattered. */
export function ImportanceChart({ importance, name }: { readonly importance: Importance; readonly name: string }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const chinese = useLanguage() === "zh-CN";
  const rows = useMemo(
    () => importance.parameters.map((row) => ({ name: chinese ? row.label_zh : row.label_en, share: row.importance })).sort((left, right) => right.share - left.share),
    [importance, chinese],
  );
  const option = useMemo(
    () => ({
      animation: false,
      color: [colours.high],
      grid: { left: 110, right: 60, top: 4, bottom: 28 },
      xAxis: { type: "value", min: 0, max: 1, axisLabel: { color: colours.muted, formatter: (value: number) => format.percent(value, 0) }, splitLine: { lineStyle: { color: colours.line } } },
      yAxis: { type: "category", inverse: true, data: rows.map((row) => row.name), axisLabel: { color: colours.text, width: 100, overflow: "truncate" }, axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } } },
      series: [{ type: "bar", barMaxWidth: 14, data: rows.map((row) => row.share), label: { show: true, position: "right", color: colours.text, formatter: (bar: { value: number }) => format.percent(bar.value, 0) } }],
    }),
    [rows, colours, format],
  );
  return (
    <Chart
      title={t("search.importance")}
      name={`${name}-importance`}
      height={240}
      option={option}
      table={{ columns: [t("search.parameter"), t("search.importance")], rows: rows.map((row) => [row.name, row.share]) }}
    />
  );
}
