import { Input, Segmented, Table, Tag, type TableColumnsType } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { Panel } from "@/ui/page";
import type { ReportColumn } from "./tabular-report";

const PAGE = 15;
type Shown = "all" | "ignored";

/** The columns as training saw them; those that were no features tell why. */
export function ColumnList({ columns }: { readonly columns: readonly ReportColumn[] }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const [search, setSearch] = useState("");
  const ignored = useMemo(() => columns.filter((column) => column.ignored_because), [columns]);
  const [shown, setShown] = useState<Shown>(ignored.length > 0 ? "ignored" : "all");
  if (columns.length === 0) return null;
  const rows = (shown === "ignored" ? ignored : columns).filter((column) => column.name.toLowerCase().includes(search.trim().toLowerCase()));
  const reason = (because: string): string => maybeT(`tabular.ignored.${because}`) ?? because;
  const table: TableColumnsType<ReportColumn> = [
    { title: t("tabular.column"), render: (_, column) => <span style={{ overflowWrap: "anywhere" }}>{column.name}</span> },
    { title: t("tabular.kind"), width: 120, render: (_, column) => maybeT(`tabular.kind.${column.kind}`) ?? column.kind },
    { title: t("tabular.missing"), width: 110, align: "right", render: (_, column) => <span className="ob-num">{format.percent(column.missing_share)}</span> },
    { title: t("tabular.distinct"), width: 110, align: "right", render: (_, column) => <span className="ob-num">{format.number(column.distinct)}</span> },
    { title: t("tabular.notUsed"), render: (_, column) => (column.ignored_because ? <Tag>{reason(column.ignored_because)}</Tag> : "–") },
  ];
  return (
    <Panel
      title={t("tabular.columns")}
      extra={
        <span className="ob-row">
          <Segmented<Shown> size="small" value={shown} onChange={setShown} options={[{ value: "all", label: t("tabular.allColumns", { count: columns.length }) }, { value: "ignored", label: t("tabular.ignoredColumns", { count: ignored.length }) }]} />
          <Input size="small" allowClear style={{ width: 180 }} value={search} aria-label={t("tabular.searchColumns")} placeholder={t("tabular.searchColumns")} onChange={(event) => { setSearch(event.target.value); }} />
        </span>
      }
    >
      <div className="ob-wide" data-testid="report-columns" tabIndex={0} role="region" aria-label={t("tabular.columns")}>
        <Table size="small" rowKey="name" columns={table} dataSource={rows} locale={{ emptyText: t("tabular.noneIgnored") }} pagination={{ pageSize: PAGE, hideOnSinglePage: true, showSizeChanger: false }} />
      </div>
    </Panel>
  );
}
