import { Table, type TableColumnsType } from "antd";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import type { WrongRow } from "./tabular-report";

const PAGE = 8;
const VALUES_SHOWN = 8;

interface Props {
  readonly rows: readonly WrongRow[];
  readonly count: number;
  readonly total: number;
}

/** Rows that the model is wrong about, the surest mistakes or the greatest errors first. */
export function WrongRows({ rows, count, total }: Props) {
  const t = useT();
  const format = useFormat();
  if (rows.length === 0) return null;
  const isValue = rows.some((row) => typeof row.residual === "number");
  const show = (value: string | number): string => (typeof value === "number" ? format.compact(value) : value);
  const answer = (title: string, of: (row: WrongRow) => string | number): TableColumnsType<WrongRow>[number] => ({
    title,
    width: 130,
    align: isValue ? "right" : "left",
    render: (_, row) => <span className={isValue ? "ob-num" : "ob-breaks"}>{show(of(row))}</span>,
  });
  const columns: TableColumnsType<WrongRow> = [
    { title: t("tabular.wrong.row"), width: 110, render: (_, row) => row.name },
    answer(isValue ? t("tabular.actualValue") : t("report.true"), (row) => row.true),
    answer(isValue ? t("tabular.predictedValue") : t("report.predicted"), (row) => row.predicted),
    {
      title: isValue ? t("tabular.residual") : t("tabular.predictedShare"),
      width: 150,
      align: "right",
      render: (_, row) => {
        const value = isValue ? row.residual : row.score;
        return <span className="ob-num">{typeof value !== "number" ? "–" : isValue ? format.compact(value) : format.percent(value)}</span>;
      },
    },
    { title: t("tabular.wrong.values"), render: (_, row) => <Values values={row.values} /> },
  ];
  return (
    <Panel title={t("report.wrong")}>
      <div className="ob-stack-s" data-testid="wrong-rows">
        <span className="ob-small ob-muted">{isValue ? t("tabular.wrong.greatest") : t("tabular.wrong.of", { count, total: format.number(total) })}</span>
        <div className="ob-wide" tabIndex={0} role="region" aria-label={t("report.wrong")}>
          <Table size="small" rowKey="sample_id" style={{ minWidth: 860 }} tableLayout="fixed" columns={columns} dataSource={[...rows]} pagination={{ pageSize: PAGE, hideOnSinglePage: true, showSizeChanger: false }} />
        </div>
      </div>
    </Panel>
  );
}

function Values({ values }: { readonly values: WrongRow["values"] }) {
  const all = Object.entries(values).map(([name, value]) => `${name} = ${value ?? "∅"}`);
  return (
    <span className="ob-small ob-breaks" title={all.join("\n")}>
      {all.slice(0, VALUES_SHOWN).join(" · ")}
      {all.length > VALUES_SHOWN ? " …" : ""}
    </span>
  );
}
