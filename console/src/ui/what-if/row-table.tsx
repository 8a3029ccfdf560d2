import { DeleteOutlined } from "@ant-design/icons";
import { Button, Input, Table, type TableColumnsType } from "antd";
import type { ModelTable } from "@/api/tabular";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { cellValue } from "./rows";
import type { Row, RowAnswer } from "./table-prediction";

const PAGE = 10;
const COLUMN_WIDTH = 132;
/** More columns at once would make every key stroke slow; the rest of the row keeps its values. */
const MOST_COLUMNS = 40;

interface Props {
  readonly table: ModelTable;
  readonly rows: readonly Row[];
  readonly answers: readonly RowAnswer[];
  readonly onChange: (rows: readonly Row[]) => void;
}

interface Line {
  readonly place: number;
  readonly row: Row;
}

/** Rows to edit, each with its answer in front. */
export function RowTable({ table, rows, answers, onChange }: Props) {
  const t = useT();
  const shown = table.columns.slice(0, MOST_COLUMNS);
  const columns: TableColumnsType<Line> = [
    { title: t("tabular.whatIf.number"), width: 64, fixed: "left", align: "right", render: (_, line) => <span className="ob-num">{line.place + 1}</span> },
    { title: table.target, width: 190, fixed: "left", render: (_, line) => <Answer answer={answers[line.place]} /> },
    ...shown.map((column): TableColumnsType<Line>[number] => ({
      title: (
        <div className="ob-cell" style={{ maxWidth: COLUMN_WIDTH - 24 }} title={column.name}>
          {column.name}
        </div>
      ),
      width: COLUMN_WIDTH,
      render: (_, line) => (
        <Input
          key={line.row[column.name] ?? ""}
          size="small"
          aria-label={t("tabular.whatIf.cell", { column: column.name, row: line.place + 1 })}
          defaultValue={line.row[column.name] ?? ""}
          onBlur={(event) => {
            const value = cellValue(column, event.target.value);
            if (value !== line.row[column.name]) onChange(rows.map((row, place) => (place === line.place ? { ...row, [column.name]: value } : row)));
          }}
        />
      ),
    })),
    {
      title: "",
      width: 48,
      fixed: "right",
      render: (_, line) => (
        <Button
          type="text"
          size="small"
          icon={<DeleteOutlined />}
          aria-label={t("tabular.whatIf.removeRow", { row: line.place + 1 })}
          onClick={() => {
            onChange(rows.filter((_row, place) => place !== line.place));
          }}
        />
      ),
    },
  ];
  return (
    <div data-testid="rows">
      <Table
        size="small"
        rowKey="place"
        columns={columns}
        dataSource={rows.map((row, place) => ({ place, row }))}
        scroll={{ x: 302 + shown.length * COLUMN_WIDTH }}
        pagination={{ pageSize: PAGE, hideOnSinglePage: true, showSizeChanger: false }}
      />
      {table.columns.length > MOST_COLUMNS ? <span className="ob-small ob-muted">{t("tabular.whatIf.notShown", { count: table.columns.length - MOST_COLUMNS })}</span> : null}
    </div>
  );
}

function Answer({ answer }: { readonly answer: RowAnswer | undefined }) {
  const format = useFormat();
  if (!answer) return <span className="ob-muted">–</span>;
  if (answer.label === null) return <strong className="ob-num">{answer.value === null ? "–" : format.compact(answer.value)}</strong>;
  const score = answer.scores.find((entry) => entry.name === answer.label)?.score;
  return (
    <span className="ob-row" style={{ flexWrap: "nowrap" }}>
      <strong className="ob-cell" style={{ maxWidth: 110 }} title={answer.label}>
        {answer.label}
      </strong>
      {score === undefined ? null : <span className="ob-num ob-muted">{format.percent(score)}</span>}
    </span>
  );
}
