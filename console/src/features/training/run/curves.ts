import type { EChartsCoreOption } from "echarts/core";
import type { ChartColours } from "@/ui/chart/chart";
import type { ChartTable } from "@/ui/chart/table";

/** One epoch as the run reports it: `epoch` and numbers whose names tell what they measure. */
export type Epoch = Readonly<Record<string, unknown>>;

export interface Curve {
  readonly metric: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface CurveGroups {
  readonly losses: readonly Curve[];
  readonly scores: readonly Curve[];
  readonly rates: readonly Curve[];
}

const SCORE = /accuracy|f1|top\d|precision|recall|map|miou|iou|dice|exact_match|^(eval_)?ar_/;
const RATE = /^(learning_rate|lr)$/;

/** Splits what the epochs report into losses, scores (0-1) and the learning rate; other numbers, such as seconds, are no curves. */
export function groupCurves(epochs: readonly Epoch[]): CurveGroups {
  const curves = new Map<string, [number, number][]>();
  for (const [index, values] of epochs.entries()) {
    const epoch = typeof values.epoch === "number" ? values.epoch : index + 1;
    for (const [name, value] of Object.entries(values)) {
      if (name === "epoch" || typeof value !== "number" || !Number.isFinite(value)) continue;
      const points = curves.get(name) ?? [];
      points.push([epoch, value]);
      curves.set(name, points);
    }
  }
  const all = [...curves].map(([metric, points]) => ({ metric, points: points.sort((left, right) => left[0] - right[0]) }));
  return {
    losses: all.filter((curve) => curve.metric.includes("loss")),
    scores: all.filter((curve) => SCORE.test(curve.metric) && !curve.metric.includes("loss")),
    rates: all.filter((curve) => RATE.test(curve.metric)),
  };
}

export function curveTable(curves: readonly Curve[], epochTitle: string, nameOf: (metric: string) => string): ChartTable {
  const epochs = [...new Set(curves.flatMap((curve) => curve.points.map(([epoch]) => epoch)))].sort((left, right) => left - right);
  return {
    columns: [epochTitle, ...curves.map((curve) => nameOf(curve.metric))],
    rows: epochs.map((epoch) => [
      epoch,
      ...curves.map((curve) => curve.points.find(([at]) => at === epoch)?.[1] ?? null),
    ]),
  };
}

interface CurveTexts {
  readonly epoch: string;
  readonly value: string;
  readonly nameOf: (metric: string) => string;
  readonly formatValue: (value: number) => string;
}

export function curveOption(curves: readonly Curve[], texts: CurveTexts, colours: ChartColours, unitInterval: boolean): EChartsCoreOption {
  const axis = {
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.muted },
    nameTextStyle: { color: colours.muted },
    splitLine: { lineStyle: { color: colours.line } },
  };
  return {
    color: [...colours.series],
    animation: false,
    grid: { left: 56, right: 20, top: 36, bottom: 44 },
    legend: { top: 0, right: 0, textStyle: { color: colours.text }, icon: "roundRect", itemHeight: 3 },
    tooltip: {
      trigger: "axis",
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text },
      valueFormatter: (value: unknown) => (typeof value === "number" ? texts.formatValue(value) : ""),
    },
    xAxis: { type: "value", name: texts.epoch, nameLocation: "middle", nameGap: 28, minInterval: 1, min: 1, ...axis, splitLine: { show: false } },
    yAxis: {
      type: "value",
      name: texts.value,
      scale: true,
      ...(unitInterval ? { max: 1 } : {}),
      ...axis,
      axisLabel: { color: colours.muted, formatter: texts.formatValue },
    },
    series: curves.map((curve) => ({
      type: "line",
      name: texts.nameOf(curve.metric),
      data: curve.points.map(([epoch, value]) => [epoch, value]),
      showSymbol: curve.points.length < 40,
      symbolSize: 6,
      lineStyle: { width: 2 },
    })),
  };
}
