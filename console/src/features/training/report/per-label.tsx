import { Segmented, Table, type TableColumnsType } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { Panel } from "@/ui/page";
import { shareAxis, tooltip } from "./chart-parts";
import { figuresOf, type LabelFigures, type ShareFigure } from "./report";

const ROW_HEIGHT = 22;
const MOST_BARS = 60;
const PAGE = 50;

interface Props {
  readonly rows: readonly LabelFigures[];
  readonly name: string;
}

const numberOf = (row: LabelFigures, figure: string): number | null => {
  const value = row[figure];
  return typeof value === "number" ? value : null;
};

/** Figures of every label: a chart with the weakest on top, and a table to sort. */
export function PerLabel({ rows, name }: Props) {
  const { shares } = useMemo(() => figuresOf(rows), [rows]);
  const [chosen, setChosen] = useState<ShareFigure | null>(null);
  const figure = chosen ?? shares[0];
  if (figure === undefined) return null;
  return (
    <>
      <LabelChart rows={rows} name={name} figure={figure} figures={shares} onFigure={setChosen} />
      <LabelTable rows={rows} />
    </>
  );
}

interface ChartProps extends Props {
  readonly figure: ShareFigure;
  readonly figures: readonly ShareFigure[];
  readonly onFigure: (figure: ShareFigure) => void;
}

function LabelChart({ rows, name, figure, figures, onFigure }: ChartProps) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const sorted = useMemo(() => [...rows].sort((left, right) => (numberOf(left, figure) ?? 2) - (numberOf(right, figure) ?? 2)).slice(0, MOST_BARS), [rows, figure]);
  const option = useMemo(
    () => ({
      animation: false,
      color: [colours.high],
      grid: { left: 96, right: 64, top: 8, bottom: 40 },
      tooltip: { ...tooltip(colours, (value) => format.percent(value)), axisPointer: { type: "shadow" } },
      xAxis: shareAxis(colours, (value) => format.percent(value, 0), t(`metric.${figure}`)),
      yAxis: {
        type: "category",
        inverse: true,
        data: sorted.map((row) => row.label),
        axisLabel: { color: colours.text, width: 84, overflow: "truncate" },
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
      },
      series: [
        {
          type: "bar",
          name: t(`metric.${figure}`),
          data: sorted.map((row) => numberOf(row, figure)),
          barMaxWidth: 14,
          label: { show: true, position: "right", color: colours.text, formatter: (bar: { value: number | null }) => (bar.value === null ? "–" : format.percent(bar.value)) },
        },
      ],
    }),
    [sorted, figure, colours, format, t],
  );
  return (
    <Chart
      title={t("report.perClass")}
      name={name}
      height={64 + sorted.length * ROW_HEIGHT}
      option={option}
      table={{
        columns: [t("report.label"), ...figures.map((column) => t(`metric.${column}`))],
        rows: rows.map((row) => [row.label, ...figures.map((column) => numberOf(row, column))]),
      }}
      extra={<Segmented<ShareFigure> size="small" value={figure} onChange={onFigure} options={figures.map((value) => ({ value, label: t(`metric.${value}`) }))} />}
    />
  );
}

function LabelTable({ rows }: { readonly rows: readonly LabelFigures[] }) {
  const t = useT();
  const format = useFormat();
  const { shares, counts, hasThreshold } = figuresOf(rows);
  const column = (figure: string, title: string, show: (value: number) => string): TableColumnsType<LabelFigures>[number] => ({
    title,
    align: "right",
    sorter: (left, right) => (numberOf(left, figure) ?? -1) - (numberOf(right, figure) ?? -1),
    render: (_, row) => {
      const value = numberOf(row, figure);
      return <span className="ob-num">{value === null ? "–" : show(value)}</span>;
    },
  });
  const columns: TableColumnsType<LabelFigures> = [
    { title: t("report.label"), dataIndex: "label", sorter: (left, right) => left.label.localeCompare(right.label) },
    ...shares.map((figure) => column(figure, t(`metric.${figure}`), (value) => format.percent(value))),
    ...(hasThreshold ? [column("threshold", t("report.bestThreshold"), (value) => format.number(value, 2))] : []),
    ...counts.map((figure) => column(figure, t(`report.count.${figure}`), (value) => format.number(value))),
  ];
  return (
    <Panel title={t("report.perClassTable")}>
      <div data-testid="label-table">
        <Table
          size="small"
          rowKey="label"
          columns={columns}
          dataSource={[...rows]}
          pagination={rows.length > PAGE ? { pageSize: PAGE, showSizeChanger: false } : false}
          scroll={{ x: "max-content" }}
          showSorterTooltip={false}
        />
      </div>
    </Panel>
  );
}
