import type { ChartColours } from "@/ui/chart/chart";
import type { ChartTable } from "@/ui/chart/table";
import type { Schemas } from "@/api/types";

export type Distribution = Schemas["Distribution"];

const axis = (colours: ChartColours) => ({
  nameLocation: "middle",
  nameTextStyle: { color: colours.muted },
  axisLabel: { color: colours.muted },
  splitLine: { lineStyle: { color: colours.line } },
});

const tooltip = (colours: ChartColours, formatter: (items: readonly { dataIndex: number }[]) => string) => ({
  trigger: "axis",
  axisPointer: { type: "shadow" },
  backgroundColor: colours.surface,
  borderColor: colours.line,
  textStyle: { color: colours.text },
  formatter,
});

/** The label of a bin: from its lower to its upper edge. */
export function binNames(edges: readonly number[], number: (value: number) => string): string[] {
  return edges.slice(0, -1).map((edge, index) => `${number(edge)} – ${number(edges[index + 1] ?? edge)}`);
}

interface Names {
  readonly value: string;
  readonly count: string;
  readonly number: (value: number) => string;
}

export function histogram(edges: readonly number[], counts: readonly number[], colours: ChartColours, names: Names) {
  const bins = binNames(edges, names.number);
  return {
    option: {
      animation: false,
      color: [colours.high],
      grid: { left: 52, right: 12, top: 10, bottom: 44 },
      tooltip: tooltip(colours, (items) => {
        const place = items[0]?.dataIndex ?? 0;
        return `${bins[place] ?? ""}<br/>${names.count}: ${names.number(counts[place] ?? 0)}`;
      }),
      xAxis: {
        ...axis(colours),
        type: "category",
        data: edges.slice(0, -1).map((edge) => names.number(edge)),
        name: names.value,
        nameGap: 26,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: colours.line } },
      },
      yAxis: { ...axis(colours), type: "value", name: names.count, nameGap: 36, minInterval: 1 },
      series: [{ type: "bar", data: [...counts], barCategoryGap: "8%" }],
    },
    table: { columns: [names.value, names.count], rows: bins.map((bin, index) => [bin, counts[index] ?? 0]) } satisfies ChartTable,
  };
}

export const BALANCE_ROWS = 40;

/** The most frequent labels, one bar each. */
export function balanceChart(labels: readonly Schemas["LabelShare"][], colours: ChartColours, names: { label: string; samples: string; uses: string; number: (value: number) => string }) {
  const shown = labels.slice(0, BALANCE_ROWS);
  return {
    option: {
      animation: false,
      color: [colours.high],
      grid: { left: 120, right: 64, top: 4, bottom: 40 },
      tooltip: tooltip(colours, (items) => {
        const label = shown[items[0]?.dataIndex ?? 0];
        return label ? `${escapeHtml(label.label)}<br/>${names.samples}: ${names.number(label.samples)}<br/>${names.uses}: ${names.number(label.uses)}` : "";
      }),
      xAxis: { ...axis(colours), type: "value", name: names.samples, nameGap: 26, minInterval: 1 },
      yAxis: {
        type: "category",
        inverse: true,
        data: shown.map((label) => label.label),
        axisLabel: { color: colours.text, width: 108, overflow: "truncate" },
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
      },
      series: [{ type: "bar", data: shown.map((label) => label.samples), barMaxWidth: 14, label: { show: true, position: "right", color: colours.text } }],
    },
    height: 60 + Math.max(1, shown.length) * 22,
    table: { columns: [names.label, names.samples, names.uses], rows: labels.map((label) => [label.label, label.samples, label.uses]) } satisfies ChartTable,
  };
}

/** Labels are people's own words: they must not become markup in a tooltip. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
