import type { UseQueryResult } from "@tanstack/react-query";
import { Form, Spin } from "antd";
import type { TableColumns } from "@/api/tabular";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { ColumnTable } from "./column-table";
import type { Roles } from "./roles";
import { TargetCard } from "./target-card";

interface Props {
  readonly query: UseQueryResult<TableColumns>;
  readonly hasTable: boolean;
  /** Several datasets are chosen; the columns are those of the first. */
  readonly hasMore: boolean;
}

/** The columns of the chosen table: which one is the target, and what each of the others is for. */
export function ColumnsPanel({ query, hasTable, hasMore }: Props) {
  const t = useT();
  const roles = Form.useWatch<Roles | undefined>("roles");
  if (!hasTable) {
    return (
      <Panel title={t("tabular.columns")}>
        <EmptyState title={t("tabular.noTable.title")} text={t("tabular.noTable.text")} />
      </Panel>
    );
  }
  return (
    <Panel title={t("tabular.columns")} extra={query.isFetching ? <Spin size="small" /> : null}>
      <QueryView query={query}>
        {(table) => (
          <div className="ob-stack">
            <span className="ob-muted ob-small">
              {t("tabular.seen", { rows: table.rows, seen: table.rows_seen, columns: table.columns.length })}
              {hasMore ? ` ${t("tabular.firstOnly")}` : ""}
            </span>
            <Form.Item
              name="roles"
              style={{ margin: 0 }}
              rules={[{ validator: (_, value: Roles | undefined) => (value?.target ? Promise.resolve() : Promise.reject(new Error(t("tabular.chooseTarget")))) }]}
            >
              <ColumnTable columns={table.columns} />
            </Form.Item>
            <TargetCard name={roles?.target} target={query.isPlaceholderData ? null : table.target} isFetching={query.isFetching} rows={table.rows_seen} />
          </div>
        )}
      </QueryView>
    </Panel>
  );
}
