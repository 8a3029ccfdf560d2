import type { ChartColours } from "@/ui/chart/chart";

/** An axis of numbers in units of their own. */
export function numberAxis(colours: ChartColours, format: (value: number) => string, name: string, gap: number) {
  return {
    type: "value",
    scale: true,
    name,
    nameLocation: "middle",
    nameGap: gap,
    nameTextStyle: { color: colours.muted },
    axisLabel: { color: colours.muted, formatter: format, hideOverlap: true },
    axisLine: { lineStyle: { color: colours.line } },
    splitLine: { lineStyle: { color: colours.line } },
  };
}
