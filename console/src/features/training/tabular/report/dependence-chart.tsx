import { Select } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { legend, tooltip } from "../../report/chart-parts";
import { numberAxis } from "./number-axis";
import type { Dependence, TabularReport } from "./tabular-report";

const MOST_OUTPUTS = 6;

interface Props {
  readonly curves: readonly Dependence[];
  readonly labels: readonly string[];
  readonly problem: TabularReport["problem"];
  readonly name: string;
}

/** The mean answer when one column has a value in all rows. */
export function DependenceChart({ curves, labels, problem, name }: Props) {
  const t = useT();
  const [column, setColumn] = useState(curves[0]?.column);
  const curve = curves.find((entry) => entry.column === column) ?? curves[0];
  if (!curve) return null;
  return (
    <div data-testid="dependence">
      <Curve
        key={curve.column}
        curve={curve}
        outputs={outputsOf(curve, labels, problem)}
        isShare={problem.kind !== "regression"}
        name={`${name}-dependence`}
        extra={<Select size="small" style={{ width: 220 }} showSearch value={curve.column} onChange={setColumn} aria-label={t("tabular.column")} options={curves.map((entry) => ({ value: entry.column, label: entry.column }))} />}
      />
    </div>
  );
}

interface Output {
  readonly name: string;
  readonly place: number;
}

/** Of a binary target the positive class is enough: the other one mirrors it. */
function outputsOf(curve: Dependence, labels: readonly string[], problem: TabularReport["problem"]): Output[] {
  const width = curve.average[0]?.length ?? 0;
  if (problem.kind === "regression") return Array.from({ length: width }, (_, place) => ({ name: problem.quantiles[place] === undefined ? problem.target : String(problem.quantiles[place]), place }));
  if (problem.kind === "binary") {
    const place = width === 1 ? 0 : Math.max(0, labels.indexOf(problem.positive_label ?? ""));
    return [{ name: problem.positive_label ?? problem.target, place }];
  }
  return labels.slice(0, MOST_OUTPUTS).map((label, place) => ({ name: label, place }));
}

interface CurveProps {
  readonly curve: Dependence;
  readonly outputs: readonly Output[];
  readonly isShare: boolean;
  readonly name: string;
  readonly extra: React.ReactNode;
}

function Curve({ curve, outputs, isShare, name, extra }: CurveProps) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const isNumber = curve.kind === "number";
  const option = useMemo(() => {
    const show = (value: number): string => (isShare ? format.percent(value) : format.compact(value));
    const names = curve.values.map((value) => (typeof value === "number" ? format.compact(value) : (value ?? "∅")));
    const axis = { name: curve.column, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: colours.muted }, axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false } };
    return {
      animation: false,
      color: [...colours.series],
      grid: { left: 70, right: 20, top: 34, bottom: 46 },
      legend: legend(colours),
      tooltip: tooltip(colours, show),
      xAxis: isNumber ? numberAxis(colours, format.compact, curve.column, 28) : { type: "category", data: names, axisLabel: { color: colours.muted, width: 110, overflow: "truncate", hideOverlap: true }, ...axis },
      yAxis: numberAxis(colours, show, isShare ? t("tabular.meanShare") : t("tabular.meanValue"), 54),
      series: outputs.map((output) => ({
        type: isNumber ? "line" : "bar",
        name: output.name,
        showSymbol: false,
        barMaxWidth: 28,
        lineStyle: { width: 2 },
        data: curve.values.map((value, index) => (isNumber ? [value, curve.average[index]?.[output.place] ?? null] : (curve.average[index]?.[output.place] ?? null))),
      })),
    };
  }, [curve, outputs, isShare, isNumber, colours, format, t]);
  return (
    <Chart
      title={t("tabular.dependence")}
      name={name}
      height={280}
      option={option}
      extra={extra}
      table={{
        columns: [curve.column, ...outputs.map((output) => output.name), t("tabular.rows")],
        rows: curve.values.map((value, index) => [value, ...outputs.map((output) => curve.average[index]?.[output.place] ?? null), curve.counts[index] ?? null]),
      }}
      footer={<span className="ob-small ob-muted">{t("tabular.dependenceHelp")}</span>}
    />
  );
}
