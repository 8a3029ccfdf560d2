import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, shareAxis, tooltip } from "../../report/chart-parts";
import type { Calibration } from "./tabular-report";

/** Predicted probabilities beside how often they came true; on the diagonal they can be taken at their word. */
export function CalibrationChart({ calibration, name, height }: { readonly calibration: Calibration; readonly name: string; readonly height: number }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const { bins, expected_error: error } = calibration;
  const option = useMemo(
    () => ({
      animation: false,
      color: [...colours.series],
      grid: { left: 62, right: 20, top: 34, bottom: 46 },
      legend: legend(colours),
      tooltip: tooltip(colours, (value) => format.percent(value)),
      xAxis: shareAxis(colours, (value) => format.percent(value, 0), t("tabular.predictedShare"), 28),
      yAxis: shareAxis(colours, (value) => format.percent(value, 0), t("tabular.observedShare"), 44),
      series: [
        { type: "line", name: t("tabular.model"), symbolSize: 7, lineStyle: { width: 2 }, data: bins.map((bin) => [bin.predicted, bin.observed]) },
        { type: "line", name: t("tabular.perfect"), showSymbol: false, lineStyle: { width: 1, type: "dashed", color: colours.muted }, itemStyle: { color: colours.muted }, data: [[0, 0], [1, 1]] },
      ],
    }),
    [bins, colours, format, t],
  );
  return (
    <Chart
      title={t("tabular.calibration")}
      name={`${name}-calibration`}
      height={height}
      option={option}
      table={{ columns: [t("tabular.predictedShare"), t("tabular.observedShare"), t("tabular.rows")], rows: bins.map((bin) => [bin.predicted, bin.observed, bin.count]) }}
      footer={error === null ? null : <span className="ob-small ob-muted">{t("tabular.calibrationError", { error: format.percent(error, 2) })}</span>}
    />
  );
}
