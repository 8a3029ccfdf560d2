import { Button, Slider } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, shareAxis, tooltip } from "./chart-parts";
import { pointAt, type ThresholdPoint } from "./report";

interface Props {
  readonly curve: readonly ThresholdPoint[];
  readonly recommended: number | null;
  readonly name: string;
}

const FIGURES = ["f1", "precision", "recall"] as const;

/** What precision, recall and F1 would be at any threshold; the recommended one has the highest F1. */
export function ThresholdChart({ curve, recommended, name }: Props) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const [chosen, setChosen] = useState(recommended ?? 0.5);
  const point = pointAt(curve, chosen);
  const option = useMemo(() => {
    const mark = {
      markLine: {
        symbol: "none",
        silent: true,
        lineStyle: { color: colours.muted },
        label: { position: "insideEndTop", color: colours.text, formatter: format.number(chosen, 2) },
        data: [{ xAxis: chosen }],
      },
    };
    const series = FIGURES.map((figure, index) => ({
      type: "line",
      name: t(`metric.${figure}`),
      showSymbol: false,
      lineStyle: { width: 2 },
      data: curve.map((row) => [row.threshold, row[figure]]),
      ...(index === 0 ? mark : {}),
    }));
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 52, right: 20, top: 34, bottom: 42 },
      legend: legend(colours),
      tooltip: tooltip(colours, (value) => format.percent(value)),
      xAxis: { ...shareAxis(colours, (value) => format.number(value, 1), t("metric.threshold")) },
      yAxis: shareAxis(colours, (value) => format.percent(value, 0)),
      series,
    };
  }, [curve, chosen, colours, format, t]);
  return (
    <Chart
      title={t("report.thresholdCurve")}
      name={name}
      height={210}
      option={option}
      table={{
        columns: [t("metric.threshold"), ...FIGURES.map((figure) => t(`metric.${figure}`))],
        rows: curve.map((row) => [row.threshold, ...FIGURES.map((figure) => row[figure])]),
      }}
      footer={
        <div className="ob-stack-s" data-testid="threshold">
          <Slider
            min={0.01}
            max={0.99}
            step={0.01}
            value={chosen}
            onChange={setChosen}
            ariaLabelForHandle={t("metric.threshold")}
            tooltip={{ formatter: (value) => format.number(value ?? 0, 2) }}
          />
          <div className="ob-between ob-small">
            <span className="ob-row">
              <span className="ob-num">{t("report.atThreshold", { threshold: format.number(chosen, 2) })}</span>
              {point ? FIGURES.map((figure) => <span key={figure} className="ob-num">{`${t(`metric.${figure}`)} ${format.percent(point[figure])}`}</span>) : null}
            </span>
            {recommended === null ? null : (
              <Button
                size="small"
                disabled={chosen === recommended}
                onClick={() => {
                  setChosen(recommended);
                }}
              >
                {t("report.recommended", { threshold: format.number(recommended, 2) })}
              </Button>
            )}
          </div>
        </div>
      }
    />
  );
}
