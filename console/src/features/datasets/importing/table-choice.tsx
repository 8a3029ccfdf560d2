import { Checkbox, Form, Input, Radio, Select, Table, type TableColumnsType } from "antd";
import { useTablePreview, type TablePreview, type TableSettings } from "@/api/queries/imports";
import { useT } from "@/i18n";
import { QueryView } from "@/ui/query-view";
import { COLUMN_TYPES, columnFault, columnsOf, type ColumnChoice } from "./table-columns";

export interface TableChoiceValue {
  readonly settings: TableSettings;
  readonly columns: readonly ColumnChoice[] | null;
}

export const UNTOUCHED_TABLE: TableChoiceValue = {
  settings: { header: "auto", column_error: "auto", upload_type: "append" },
  columns: null,
};

interface Props {
  readonly projectId: number;
  /** A file whose beginning can be read here; null for zips and Parquet, which are read after the upload. */
  readonly file: File | null;
  readonly value: TableChoiceValue;
  readonly hasRows: boolean;
  readonly onChange: (value: TableChoiceValue) => void;
}

export function TableChoice({ projectId, file, value, hasRows, onChange }: Props) {
  const t = useT();
  const preview = useTablePreview(projectId, file, { ...value.settings, columns: null });
  const set = (change: Partial<TableSettings>): void => {
    onChange({ settings: { ...value.settings, ...change }, columns: "header" in change || "delimiter" in change ? null : value.columns });
  };
  return (
    <Form layout="vertical" component="div">
      <div className="ob-row" style={{ alignItems: "flex-start", gap: 24 }}>
        <Form.Item label={t("table.header")}>
          <Radio.Group
            optionType="button"
            value={value.settings.header}
            options={(["auto", "true", "false"] as const).map((header) => ({ value: header, label: t(`table.header.${header}`) }))}
            onChange={(event) => {
              set({ header: event.target.value as TableSettings["header"] });
            }}
          />
        </Form.Item>
        <Form.Item label={t("table.badValues")} extra={t(`table.badValues.${value.settings.column_error}.help`)}>
          <Radio.Group
            optionType="button"
            value={value.settings.column_error}
            options={(["auto", "skip", "fail"] as const).map((policy) => ({ value: policy, label: t(`table.badValues.${policy}`) }))}
            onChange={(event) => {
              set({ column_error: event.target.value as TableSettings["column_error"] });
            }}
          />
        </Form.Item>
        {hasRows ? (
          <Form.Item label={t("table.upload")}>
            <Radio.Group
              optionType="button"
              value={value.settings.upload_type}
              options={(["append", "overwrite"] as const).map((type) => ({ value: type, label: t(`table.upload.${type}`) }))}
              onChange={(event) => {
                set({ upload_type: event.target.value as TableSettings["upload_type"] });
              }}
            />
          </Form.Item>
        ) : null}
      </div>
      {file ? (
        <QueryView query={preview}>
          {(found) => (
            <Columns
              preview={found}
              columns={value.columns ?? columnsOf(found)}
              onChange={(columns) => {
                onChange({ ...value, columns });
              }}
            />
          )}
        </QueryView>
      ) : (
        <p className="ob-muted ob-small">{t("table.noPreview")}</p>
      )}
    </Form>
  );
}

interface ColumnsProps {
  readonly preview: TablePreview;
  readonly columns: readonly ColumnChoice[];
  readonly onChange: (columns: readonly ColumnChoice[]) => void;
}

/** A line for each column of the file, with its first values beside it. */
function Columns({ preview, columns, onChange }: ColumnsProps) {
  const t = useT();
  const fault = columnFault(columns);
  const change = (ordinal: number, part: Partial<ColumnChoice>): void => {
    onChange(columns.map((column) => (column.ordinal === ordinal ? { ...column, ...part } : column)));
  };
  const all = columns.every((column) => column.taken);
  const lines: TableColumnsType<ColumnChoice> = [
    {
      title: (
        <Checkbox
          aria-label={t("table.takeAll")}
          checked={all}
          indeterminate={!all && columns.some((column) => column.taken)}
          onChange={(event) => {
            onChange(columns.map((column) => ({ ...column, taken: event.target.checked })));
          }}
        />
      ),
      width: 44,
      render: (_, column) => (
        <Checkbox
          aria-label={t("table.take", { name: column.rawName })}
          checked={column.taken}
          onChange={(event) => {
            change(column.ordinal, { taken: event.target.checked });
          }}
        />
      ),
    },
    {
      title: t("table.column"),
      render: (_, column) => (
        <Input
          size="small"
          style={{ minWidth: 140 }}
          aria-label={t("table.rename", { name: column.rawName })}
          value={column.name}
          disabled={!column.taken}
          status={fault?.ordinal === column.ordinal ? "error" : ""}
          onChange={(event) => {
            change(column.ordinal, { name: event.target.value });
          }}
        />
      ),
    },
    {
      title: t("table.type"),
      render: (_, column) => (
        <Select
          size="small"
          style={{ minWidth: 124 }}
          aria-label={t("table.typeOf", { name: column.rawName })}
          value={column.type}
          disabled={!column.taken}
          options={[...new Set<string>([preview.types[column.ordinal] ?? "string", ...COLUMN_TYPES])].map((type) => ({ value: type, label: type }))}
          onChange={(type: string) => {
            change(column.ordinal, { type });
          }}
        />
      ),
    },
    ...preview.values.slice(0, 5).map((row, index) => ({
      title: t("table.row", { number: index + 1 }),
      className: "ob-cell",
      render: (_: unknown, column: ColumnChoice) => <Cell value={row[column.ordinal]} />,
    })),
  ];
  return (
    <div className="ob-stack-s">
      <div className="ob-muted ob-small">
        {t("table.detected", { count: columns.length, encoding: preview.dialect.encoding, delimiter: preview.dialect.delimiter === "\t" ? "TAB" : preview.dialect.delimiter })}
      </div>
      {preview.problems.map((problem) => (
        <div key={problem} role="alert" className="ob-fault">
          {problem}
        </div>
      ))}
      {fault ? <div role="alert" className="ob-fault">{t(`table.fault.${fault.fault}`)}</div> : null}
      <Table size="small" rowKey="ordinal" columns={lines} dataSource={[...columns]} pagination={columns.length > 20 ? { pageSize: 20, size: "small" } : false} scroll={{ x: "max-content" }} />
    </div>
  );
}

export function Cell({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) return <span className="ob-muted">–</span>;
  return <span className="ob-num">{typeof value === "string" ? value : JSON.stringify(value)}</span>;
}
