import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { DiagonalChart } from "./diagonal-chart";
import type { Calibration } from "./tabular-report";

/** Predicted probabilities beside how often they came true; on the diagonal they can be taken at their word. */
export function CalibrationChart({ calibration, name, height }: { readonly calibration: Calibration; readonly name: string; readonly height: number }) {
  const t = useT();
  const format = useFormat();
  const { bins, expected_error: error } = calibration;
  const points = useMemo(() => bins.map((bin) => [bin.predicted, bin.observed] as const), [bins]);
  return (
    <DiagonalChart
      title={t("tabular.calibration")}
      name={`${name}-calibration`}
      height={height}
      across={t("tabular.predictedShare")}
      up={t("tabular.observedShare")}
      points={points}
      symbolSize={7}
      table={{ columns: [t("tabular.predictedShare"), t("tabular.observedShare"), t("tabular.rows")], rows: bins.map((bin) => [bin.predicted, bin.observed, bin.count]) }}
      footer={error === null ? null : <span className="ob-small ob-muted">{t("tabular.calibrationError", { error: format.percent(error, 2) })}</span>}
    />
  );
}
