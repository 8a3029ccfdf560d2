import { Select } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, shareAxis, tooltip } from "./chart-parts";
import type { LabelFigures, PrCurve } from "./report";

interface Props {
  readonly curves: readonly PrCurve[];
  readonly rows: readonly LabelFigures[];
  readonly name: string;
}

const FIRST_SHOWN = 6;

/** Precision over recall at IoU 0.5; the weakest labels are shown first. */
export function PrChart({ curves, rows, name }: Props) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const weakest = useMemo(() => {
    const ap = new Map(rows.map((row) => [row.label, typeof row.ap50 === "number" ? row.ap50 : 1]));
    return [...curves].sort((left, right) => (ap.get(left.label) ?? 1) - (ap.get(right.label) ?? 1)).map((curve) => curve.label);
  }, [curves, rows]);
  const [chosen, setChosen] = useState(weakest.slice(0, FIRST_SHOWN));
  const shown = useMemo(() => curves.filter((curve) => chosen.includes(curve.label)), [curves, chosen]);
  const option = useMemo(
    () => ({
      animation: false,
      color: [...colours.series],
      grid: { left: 52, right: 20, top: 34, bottom: 42 },
      legend: legend(colours),
      tooltip: tooltip(colours, (value) => format.percent(value)),
      xAxis: shareAxis(colours, (value) => format.percent(value, 0), t("metric.recall")),
      yAxis: shareAxis(colours, (value) => format.percent(value, 0)),
      series: shown.map((curve) => ({
        type: "line",
        name: curve.label,
        showSymbol: false,
        lineStyle: { width: 2 },
        data: curve.recall.map((recall, index) => [recall, curve.precision[index] ?? 0]),
      })),
    }),
    [shown, colours, format, t],
  );
  const recalls = shown[0]?.recall ?? [];
  return (
    <Chart
      title={t("report.prCurves")}
      name={name}
      height={280}
      option={option}
      table={{
        columns: [t("metric.recall"), ...shown.map((curve) => curve.label)],
        rows: recalls.map((recall, index) => [recall, ...shown.map((curve) => curve.precision[index] ?? null)]),
      }}
      extra={
        curves.length > FIRST_SHOWN ? (
          <Select
            mode="multiple"
            size="small"
            maxTagCount={1}
            style={{ width: 220 }}
            aria-label={t("report.label")}
            value={chosen}
            onChange={setChosen}
            options={weakest.map((label) => ({ value: label, label }))}
          />
        ) : null
      }
    />
  );
}
