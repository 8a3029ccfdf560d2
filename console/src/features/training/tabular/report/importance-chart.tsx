import { Segmented } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { tooltip } from "../../report/chart-parts";
import { numberAxis } from "./number-axis";
import type { Importance } from "./tabular-report";

const KINDS = ["permutation", "shap"] as const;
type Kind = (typeof KINDS)[number];

const MOST_BARS = 25;
const ROW_HEIGHT = 24;

interface Bar {
  readonly column: string;
  readonly value: number;
  readonly std: number | null;
}

function barsOf(importance: Importance, kind: Kind): Bar[] {
  const rows = kind === "shap" ? (importance.shap ?? []).map((row) => ({ column: row.column, value: row.mean_abs, std: null })) : (importance.permutation ?? []).map((row) => ({ column: row.column, value: row.mean, std: row.std }));
  return rows.sort((left, right) => right.value - left.value);
}

/** Which columns the answers depend on, by permutation and by Shapley values. */
export function ImportanceChart({ importance, name }: { readonly importance: Importance; readonly name: string }) {
  const [chosen, setChosen] = useState<Kind | null>(null);
  const kinds = KINDS.filter((kind) => (importance[kind]?.length ?? 0) > 0);
  const kind = chosen ?? kinds[0];
  if (!kind) return null;
  return <Bars importance={importance} name={name} kind={kind} kinds={kinds} onKind={setChosen} />;
}

interface BarsProps {
  readonly importance: Importance;
  readonly name: string;
  readonly kind: Kind;
  readonly kinds: readonly Kind[];
  readonly onKind: (kind: Kind) => void;
}

function Bars({ importance, name, kind, kinds, onKind }: BarsProps) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const bars = useMemo(() => barsOf(importance, kind), [importance, kind]);
  const shown = useMemo(() => bars.slice(0, MOST_BARS), [bars]);
  const option = useMemo(
    () => ({
      animation: false,
      color: [colours.high],
      grid: { left: 176, right: 90, top: 8, bottom: 46 },
      tooltip: { ...tooltip(colours, format.compact), axisPointer: { type: "shadow" } },
      xAxis: { ...numberAxis(colours, format.compact, t(`tabular.importanceAxis.${kind}`), 28), scale: false },
      yAxis: {
        type: "category",
        inverse: true,
        data: shown.map((bar) => bar.column),
        axisLabel: { color: colours.text, width: 160, overflow: "truncate" },
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
      },
      series: [
        {
          type: "bar",
          name: t(`tabular.importance.${kind}`),
          barMaxWidth: 14,
          data: shown.map((bar) => bar.value),
          label: { show: true, position: "right", color: colours.text, formatter: ({ value }: { value: number }) => format.compact(value) },
        },
      ],
    }),
    [shown, kind, colours, format, t],
  );
  return (
    <div data-testid="importance">
      <Chart
        title={t("tabular.importance")}
        name={`${name}-importance`}
        height={72 + shown.length * ROW_HEIGHT}
        option={option}
        table={{ columns: [t("tabular.column"), t(`tabular.importance.${kind}`), t("tabular.std")], rows: bars.map((bar) => [bar.column, bar.value, bar.std]) }}
        extra={kinds.length > 1 ? <Segmented<Kind> size="small" value={kind} onChange={onKind} options={kinds.map((value) => ({ value, label: t(`tabular.importance.${value}`) }))} /> : null}
        footer={<span className="ob-small ob-muted">{t(`tabular.importanceHelp.${kind}`)}</span>}
      />
    </div>
  );
}
