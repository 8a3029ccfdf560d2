import { Table, type TableColumnsType } from "antd";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import type { Decile } from "./tabular-report";

/** Tenths of the rows by rising prediction: whether small and great values are met equally well. */
export function DecileTable({ deciles }: { readonly deciles: readonly Decile[] }) {
  const t = useT();
  const format = useFormat();
  const number = (title: string, of: (row: Decile) => number): TableColumnsType<Decile>[number] => ({ title, align: "right", render: (_, row) => <span className="ob-num">{format.compact(of(row))}</span> });
  const columns: TableColumnsType<Decile> = [
    { title: t("tabular.decile"), render: (_, row) => <span className="ob-num">{t("tabular.range", { low: format.compact(row.from), high: format.compact(row.to) })}</span> },
    number(t("tabular.rows"), (row) => row.rows),
    number(t("tabular.meanPredicted"), (row) => row.predicted),
    number(t("tabular.meanActual"), (row) => row.actual),
    number(t("metric.mae"), (row) => row.mae),
    number(t("tabular.bias"), (row) => row.bias),
  ];
  return (
    <Panel title={t("tabular.deciles")}>
      <div className="ob-wide" tabIndex={0} role="region" aria-label={t("tabular.deciles")}>
        <Table size="small" rowKey="decile" columns={columns} dataSource={[...deciles]} pagination={false} />
      </div>
    </Panel>
  );
}
