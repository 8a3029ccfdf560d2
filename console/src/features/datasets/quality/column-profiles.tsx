import { Table, Tag, type TableColumnsType } from "antd";
import type { Schemas } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";

type Column = Schemas["ColumnProfile"];

/** One line for each column of a table; its bins as a little picture. */
export function ColumnProfiles({ table }: { readonly table: Schemas["TableQuality"] }) {
  const t = useT();
  const format = useFormat();
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : format.number(value, Math.abs(value) < 100 ? 2 : 0));
  const columns: TableColumnsType<Column> = [
    { title: t("table.column"), dataIndex: "name", fixed: "left" },
    { title: t("table.type"), dataIndex: "type" },
    { title: t("quality.missing"), align: "right", render: (_, column) => <span className="ob-num">{format.percent(table.rows > 0 ? column.missing / table.rows : 0)}</span> },
    { title: t("quality.distinct"), align: "right", render: (_, column) => <span className="ob-num">{format.number(column.distinct)}</span> },
    { title: t("quality.mean"), align: "right", render: (_, column) => <span className="ob-num">{number(column.mean)}</span> },
    { title: t("quality.median"), align: "right", render: (_, column) => <span className="ob-num">{number(column.p50)}</span> },
    { title: t("quality.range"), render: (_, column) => (column.min ? <span className="ob-num">{`${column.min} – ${column.max ?? ""}`}</span> : "–") },
    { title: t("quality.outliers"), align: "right", render: (_, column) => <span className="ob-num">{number(column.outliers)}</span> },
    { title: t("quality.spread"), render: (_, column) => (column.counts.length > 0 ? <Bins counts={column.counts} label={column.name} /> : column.top.slice(0, 3).map((top) => <Tag key={top.value}>{`${top.value} · ${format.number(top.count)}`}</Tag>)) },
    {
      title: t("quality.remarks"),
      render: (_, column) => (
        <>
          {column.constant ? <Tag>{t("quality.constant")}</Tag> : null}
          {column.same_as ? <Tag>{t("quality.sameAs", { name: column.same_as })}</Tag> : null}
        </>
      ),
    },
  ];
  return (
    <Panel title={t("quality.columnsTitle")}>
      <Table size="small" rowKey="name" columns={columns} dataSource={table.columns} pagination={{ pageSize: 25, hideOnSinglePage: true }} scroll={{ x: "max-content" }} />
    </Panel>
  );
}

function Bins({ counts, label }: { readonly counts: readonly number[]; readonly label: string }) {
  const most = Math.max(1, ...counts);
  return (
    <svg width={counts.length * 5} height={22} role="img" aria-label={`${label}: ${counts.join(", ")}`}>
      {counts.map((count, index) => (
        <rect key={index} x={index * 5} y={22 - (count / most) * 22} width={4} height={(count / most) * 22} fill="var(--ob-primary)" />
      ))}
    </svg>
  );
}
