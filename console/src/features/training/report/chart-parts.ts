import type { ChartColours } from "@/ui/chart/chart";

/** What the charts of figures from 0 to 1 have in common. */
export function shareAxis(colours: ChartColours, percent: (value: number) => string, name?: string, gap = 26) {
  return {
    type: "value",
    min: 0,
    max: 1,
    ...(name ? { name, nameLocation: "middle", nameGap: gap } : {}),
    nameTextStyle: { color: colours.muted },
    axisLabel: { color: colours.muted, formatter: percent },
    axisLine: { lineStyle: { color: colours.line } },
    splitLine: { lineStyle: { color: colours.line } },
  };
}

export function tooltip(colours: ChartColours, format: (value: number) => string) {
  return {
    trigger: "axis",
    backgroundColor: colours.surface,
    borderColor: colours.line,
    textStyle: { color: colours.text },
    valueFormatter: (value: unknown) => (typeof value === "number" ? format(value) : ""),
  };
}

export const legend = (colours: ChartColours) => ({ type: "scroll", top: 0, right: 0, left: 120, icon: "roundRect", itemHeight: 3, textStyle: { color: colours.text }, pageTextStyle: { color: colours.muted } });
