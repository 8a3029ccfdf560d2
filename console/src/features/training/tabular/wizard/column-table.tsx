import { Button, Input, Radio, Select, Table, Tag, Tooltip, type TableColumnsType } from "antd";
import { useDeferredValue, useMemo, useState } from "react";
import type { TableColumn } from "@/api/tabular";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { ColumnWarnings } from "./column-warnings";
import { NO_ROLES, ROLES, roleOf, withExcluded, withRole, type Role, type Roles } from "./roles";

const PAGE = 15;

interface Props {
  readonly columns: readonly TableColumn[];
  readonly value?: Roles;
  readonly onChange?: (roles: Roles) => void;
}

/** One line for each column; a click makes one the target, a list gives the others their role. */
export function ColumnTable({ columns, value = NO_ROLES, onChange }: Props) {
  const t = useT();
  const maybeT = useMaybeT();
  const [search, setSearch] = useState("");
  const [onlyWarned, setOnlyWarned] = useState(false);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const warned = useMemo(() => columns.filter((column) => column.warnings.length > 0), [columns]);
  const shown = useMemo(
    () => (onlyWarned ? warned : columns).filter((column) => column.name.toLowerCase().includes(wanted)),
    [columns, warned, onlyWarned, wanted],
  );
  const isNarrowed = wanted !== "" || onlyWarned;
  const setRole = (column: string, role: Role): void => {
    onChange?.(withRole(value, column, role));
  };
  const headers: TableColumnsType<TableColumn> = [
    {
      title: t("tabular.role.target"),
      width: 62,
      align: "center",
      render: (_, column) => (
        <Radio
          checked={value.target === column.name}
          aria-label={t("tabular.makeTarget", { column: column.name })}
          onChange={() => {
            setRole(column.name, "target");
          }}
        />
      ),
    },
    {
      title: t("tabular.column"),
      width: 166,
      render: (_, column) => (
        <>
          <div className="ob-cell" style={{ maxWidth: 148, fontWeight: value.target === column.name ? 600 : 400 }} title={column.name}>
            {column.name}
          </div>
          <span className="ob-small ob-muted">{`${maybeT(`tabular.kind.${column.kind}`) ?? column.kind} · ${column.type}`}</span>
        </>
      ),
    },
    { title: t("tabular.missing"), width: 104, render: (_, column) => <MissingBar share={column.missing_share} /> },
    { title: t("tabular.examples"), render: (_, column) => <Examples column={column} /> },
    { title: t("tabular.warnings"), width: 124, render: (_, column) => <ColumnWarnings column={column} /> },
    {
      title: t("tabular.role"),
      width: 118,
      render: (_, column) => (
        <Select<Role>
          size="small"
          style={{ width: 100 }}
          value={roleOf(value, column.name)}
          aria-label={t("tabular.roleOf", { column: column.name })}
          onChange={(role) => {
            setRole(column.name, role);
          }}
          options={ROLES.map((role) => ({ value: role, label: t(`tabular.role.${role}`) }))}
        />
      ),
    },
  ];
  const names = shown.map((column) => column.name);
  return (
    <div className="ob-stack-s" data-testid="columns">
      <div className="ob-between">
        <div className="ob-row">
          <Input.Search
            allowClear
            style={{ width: 240 }}
            value={search}
            placeholder={t("tabular.searchColumns")}
            aria-label={t("tabular.searchColumns")}
            onChange={(event) => {
              setSearch(event.target.value);
            }}
          />
          {warned.length > 0 ? (
            <Button
              type={onlyWarned ? "primary" : "default"}
              aria-pressed={onlyWarned}
              onClick={() => {
                setOnlyWarned(!onlyWarned);
              }}
            >
              {t("tabular.withWarnings", { count: warned.length })}
            </Button>
          ) : null}
        </div>
        {isNarrowed && shown.length > 0 ? (
          <div className="ob-row">
            <Button size="small" onClick={() => onChange?.(withExcluded(value, names, true))}>
              {t("tabular.excludeShown", { count: shown.length })}
            </Button>
            <Button size="small" onClick={() => onChange?.(withExcluded(value, names, false))}>
              {t("tabular.includeShown", { count: shown.length })}
            </Button>
          </div>
        ) : null}
      </div>
      <div className="ob-wide" tabIndex={0} role="region" aria-label={t("tabular.columns")}>
        <Table
          size="small"
          rowKey="name"
          style={{ minWidth: 700 }}
          tableLayout="fixed"
          columns={headers}
          dataSource={shown}
          locale={{ emptyText: t("tabular.noColumnFits") }}
          rowClassName={(column) => `ob-role-${roleOf(value, column.name)}`}
          pagination={{ defaultPageSize: PAGE, hideOnSinglePage: shown.length <= PAGE, pageSizeOptions: [PAGE, 50, 100], showSizeChanger: shown.length > PAGE, showTotal: (total) => t("tabular.columnCount", { count: total }) }}
        />
      </div>
    </div>
  );
}

function MissingBar({ share }: { readonly share: number }) {
  const format = useFormat();
  return (
    <div className="ob-share">
      <div aria-hidden>
        <i style={{ width: `${Math.min(1, share) * 100}%` }} />
      </div>
      <span className="ob-num ob-small">{format.percent(share, share > 0 && share < 0.1 ? 1 : 0)}</span>
    </div>
  );
}

function Examples({ column }: { readonly column: TableColumn }) {
  const t = useT();
  const format = useFormat();
  const range = column.kind === "number" && column.minimum && column.maximum ? t("tabular.range", { low: column.minimum, high: column.maximum }) : null;
  return (
    <Tooltip title={column.examples.join(" · ")}>
      <div className="ob-examples">
        {range ? <span className="ob-num">{range}</span> : column.examples.slice(0, 3).map((example, index) => <Tag key={`${example}-${index}`}>{example === "" ? "∅" : example}</Tag>)}
        <div className="ob-small ob-muted">{t("tabular.distinctCount", { count: format.number(column.distinct) })}</div>
      </div>
    </Tooltip>
  );
}
