import { Segmented } from "antd";
import { useMemo, useState } from "react";
import { useServiceMetrics } from "@/api/queries/service-calls";
import type { MinuteMetrics, Role } from "@/api/serving";
import type { Service } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { QueryView } from "@/ui/query-view";
import { liveSeries, rolesIn, type LivePoint } from "./series";

const PERIODS = [15, 60, 360] as const;

/** Calls per second, delay and errors of each version, minute by minute. */
export function LiveTab({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const [minutes, setMinutes] = useState<(typeof PERIODS)[number]>(60);
  const query = useServiceMetrics(projectId, service.service_id, minutes);
  return (
    <div className="ob-stack" data-testid="live">
      <div className="ob-between">
        <span className="ob-muted">{t("live.polling")}</span>
        <Segmented aria-label={t("services.period")} value={minutes} onChange={setMinutes} options={PERIODS.map((value) => ({ value, label: t("services.minutes", { count: value }) }))} />
      </div>
      <QueryView query={query}>{(metrics) => <Charts metrics={metrics} minutes={minutes} at={query.dataUpdatedAt} />}</QueryView>
    </div>
  );
}

interface ChartsProps {
  readonly metrics: readonly MinuteMetrics[];
  readonly minutes: number;
  readonly at: number;
}

interface Line {
  readonly role: Role;
  readonly points: readonly LivePoint[];
}

function Charts({ metrics, minutes, at }: ChartsProps) {
  const t = useT();
  const lines = useMemo(() => rolesIn(metrics).map((role): Line => ({ role, points: liveSeries(metrics, role, minutes, at) })), [metrics, minutes, at]);
  return (
    <>
      <LineChart lines={lines} title={t("services.qps")} name="qps" figures={[{ name: t("services.qps"), of: (point) => point.qps }]} />
      <div className="ob-grid">
        <div style={{ gridColumn: "span 6" }}>
          <LineChart
            lines={lines}
            title={t("services.latency")}
            name="latency"
            figures={[
              { name: t("services.p50"), of: (point) => point.p50 },
              { name: t("services.p95"), of: (point) => point.p95, isDashed: true },
            ]}
          />
        </div>
        <div style={{ gridColumn: "span 6" }}>
          <LineChart lines={lines} title={t("services.errorPercent")} name="errors" figures={[{ name: t("services.errorPercent"), of: (point) => (point.errorShare === null ? null : point.errorShare * 100) }]} />
        </div>
      </div>
    </>
  );
}

interface Figure {
  readonly name: string;
  readonly of: (point: LivePoint) => number | null;
  readonly isDashed?: boolean;
}

interface LineChartProps {
  readonly lines: readonly Line[];
  readonly title: string;
  readonly name: string;
  readonly figures: readonly Figure[];
}

type Datum = readonly [at: number, figure: number | null];

/** A minute between two without calls has no line to be seen by: it gets a dot. */
function withLonePoints(data: readonly Datum[]): readonly object[] {
  return data.map((value, place) => {
    const isLone = value[1] !== null && (data[place - 1]?.[1] ?? null) === null && (data[place + 1]?.[1] ?? null) === null;
    return isLone ? { value, symbol: "circle", symbolSize: 6 } : { value };
  });
}

function LineChart({ lines, title, name, figures }: LineChartProps) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const series = lines.flatMap(({ role, points }, place) => figures.map((figure) => ({ name: lines.length > 1 ? `${t(`services.role.${role}`)}: ${figure.name}` : figure.name, colour: colours.series[place] ?? colours.text, isDashed: figure.isDashed === true, data: points.map((point) => [point.at, figure.of(point)] as const) })));
  const label = { color: colours.muted };
  const option = {
    animation: false,
    grid: { left: 52, right: 16, top: series.length > 1 ? 32 : 14, bottom: 30 },
    ...(series.length > 1 ? { legend: { type: "scroll", top: 0, textStyle: { color: colours.text } } } : {}),
    tooltip: { trigger: "axis", backgroundColor: colours.surface, borderColor: colours.line, textStyle: { color: colours.text }, valueFormatter: (value: unknown) => (typeof value === "number" ? format.number(value, 2) : "–") },
    xAxis: { type: "time", axisLabel: { ...label, hideOverlap: true }, axisLine: { lineStyle: { color: colours.line } } },
    yAxis: { type: "value", min: 0, minInterval: 0.01, axisLabel: label, splitLine: { lineStyle: { color: colours.line } } },
    series: series.map(({ name: told, colour, isDashed, data }) => ({ type: "line", name: told, data: withLonePoints(data), symbol: "none", color: colour, lineStyle: { width: 2, color: colour, type: isDashed ? "dashed" : "solid" } })),
  };
  const rows = lines[0]?.points.map((point, place) => [new Date(point.at).toISOString(), ...series.map(({ data }) => data[place]?.[1] ?? null)]) ?? [];
  return <Chart title={title} name={name} height={220} option={option} table={{ columns: [t("calls.at"), ...series.map((entry) => entry.name)], rows }} />;
}
