import { Alert, Button, Spin } from "antd";
import { useMemo } from "react";
import { useMeasure, usePerformance, type MeasuredVersion } from "@/api/queries/performance";
import type { PerformancePoint } from "@/api/serving";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "../chart/chart";
import { EmptyState } from "../empty";
import { Panel } from "../page";
import { problemText } from "../problem-text";
import { QueryView } from "../query-view";
import { LocalTime } from "../values";

interface Props {
  readonly measured: MeasuredVersion;
  /** Only models that were trained from presets have figures (spec 03 section 10.1). */
  readonly isPreset: boolean;
}

/** Delay and calls per second of a single instance against its quota, measured once and kept. */
export function PerformancePanel({ measured, isPreset }: Props) {
  const t = useT();
  const query = usePerformance(measured, isPreset);
  const none = (
    <Panel title={t("performance.title")}>
      <EmptyState title={t("performance.unsupported.title")} text={t("performance.unsupported.text")} />
    </Panel>
  );
  if (!isPreset) return none;
  return (
    <QueryView query={query}>
      {(performance) => {
        switch (performance.state) {
          case "unsupported":
            return none;
          case "measuring":
            return (
              <Panel title={t("performance.title")}>
                <div className="ob-row" role="status">
                  <Spin />
                  {t("performance.measuring")}
                </div>
              </Panel>
            );
          case "none":
            return (
              <Panel title={t("performance.title")}>
                {performance.failure ? <Alert type="error" showIcon title={performance.failure.message} /> : null}
                <EmptyState title={t("performance.none.title")} text={t("performance.none.text")} action={<MeasureButton measured={measured} label={t("performance.measure")} />} />
              </Panel>
            );
          case "ready":
            return (
              <div className="ob-stack-s">
                <Curves points={performance.points} />
                <span className="ob-row ob-small ob-muted">
                  {t("performance.measuredOn", { machine: performance.machine ?? "–" })}
                  <LocalTime at={performance.measured_at} />
                </span>
              </div>
            );
        }
      }}
    </QueryView>
  );
}

function MeasureButton({ measured, label }: { readonly measured: MeasuredVersion; readonly label: string }) {
  const t = useT();
  const measure = useMeasure(measured);
  return (
    <div className="ob-stack-s">
      <Button
        loading={measure.isPending}
        onClick={() => {
          measure.mutate();
        }}
      >
        {label}
      </Button>
      {measure.error ? <Alert type="error" showIcon role="alert" title={problemText(measure.error, t)} /> : null}
    </div>
  );
}

function Curves({ points }: { readonly points: readonly PerformancePoint[] }) {
  const t = useT();
  return (
    <div className="ob-grid" data-testid="performance">
      <div style={{ gridColumn: "span 6" }}>
        <Curve points={points} figure="latency_ms" title={t("performance.latency")} axis={t("performance.latencyAxis")} name="latency" />
      </div>
      <div style={{ gridColumn: "span 6" }}>
        <Curve points={points} figure="qps" title={t("performance.qps")} axis={t("performance.qpsAxis")} name="qps" />
      </div>
    </div>
  );
}

interface CurveProps {
  readonly points: readonly PerformancePoint[];
  readonly figure: "latency_ms" | "qps";
  readonly title: string;
  readonly axis: string;
  readonly name: string;
}

function Curve({ points, figure, title, axis, name }: CurveProps) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const sorted = useMemo(() => [...points].sort((left, right) => left.compute_units - right.compute_units), [points]);
  const option = useMemo(() => {
    const label = { color: colours.muted };
    const line = { lineStyle: { color: colours.line } };
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 62, right: 18, top: 16, bottom: 46 },
      tooltip: { trigger: "axis", backgroundColor: colours.surface, borderColor: colours.line, textStyle: { color: colours.text }, valueFormatter: (value: unknown) => (typeof value === "number" ? format.number(value, 1) : "") },
      xAxis: { type: "category", data: sorted.map((point) => String(point.compute_units)), name: t("services.units"), nameLocation: "middle", nameGap: 28, nameTextStyle: label, axisLabel: label, axisLine: line },
      yAxis: { type: "value", min: 0, name: axis, nameLocation: "middle", nameGap: 46, nameTextStyle: label, axisLabel: label, splitLine: line },
      series: [{ type: "line", name: axis, data: sorted.map((point) => point[figure]), symbolSize: 7 }],
    };
  }, [sorted, figure, axis, colours, format, t]);
  return <Chart title={title} name={name} height={220} option={option} table={{ columns: [t("services.units"), axis], rows: sorted.map((point) => [point.compute_units, point[figure]]) }} />;
}
