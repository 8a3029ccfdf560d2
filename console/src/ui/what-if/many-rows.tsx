import { PlusOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import type { AskedModel } from "@/api/prediction";
import type { ModelTable } from "@/api/tabular";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { toCsv } from "@/ui/chart/table";
import { CopyButton } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { TryFailure } from "../try-model/try-failure";
import { parseTable } from "./csv";
import { RowTable } from "./row-table";
import { exampleRow, isCsvProblem, MOST_ROWS, rowsOfTable, type CsvProblem } from "./rows";
import { predictRows, type Row } from "./table-prediction";

interface Props {
  readonly table: ModelTable;
  readonly model: AskedModel;
}

/** Many rows at once: typed into a table, or pasted from a spreadsheet. */
export function ManyRows({ table, model }: Props) {
  const t = useT();
  const format = useFormat();
  const [rows, setRows] = useState<readonly Row[]>(() => [exampleRow(table.columns)]);
  const [pasted, setPasted] = useState("");
  const [problem, setProblem] = useState<CsvProblem | null>(null);
  const predict = useMutation({ mutationFn: (asked: readonly Row[]) => predictRows(model.ask, asked, false) });
  const change = (next: readonly Row[]): void => {
    setRows(next);
    predict.reset();
  };
  const read = (): void => {
    const result = rowsOfTable(parseTable(pasted), table.columns);
    setProblem(isCsvProblem(result) ? result : null);
    if (!isCsvProblem(result)) {
      change(result);
      setPasted("");
    }
  };
  const answers = predict.data?.answers ?? [];
  const labels = (answers[0]?.scores ?? []).map((entry) => entry.name).sort();
  const result = toCsv({
    columns: [...table.columns.map((column) => column.name), table.target, ...labels],
    rows: rows.map((row, place) => {
      const answer = answers[place];
      return [...table.columns.map((column) => row[column.name] ?? null), answer?.label ?? answer?.value ?? null, ...labels.map((label) => answer?.scores.find((entry) => entry.name === label)?.score ?? null)];
    }),
  });
  return (
    <>
      <Panel title={t("tabular.whatIf.paste")}>
        <div className="ob-stack-s">
          <Input.TextArea
            className="ob-mono"
            rows={4}
            spellCheck={false}
            wrap="off"
            value={pasted}
            aria-label={t("tabular.whatIf.paste")}
            placeholder={`${table.columns.slice(0, 6).map((column) => column.name).join(",")}…`}
            onChange={(event) => {
              setPasted(event.target.value);
            }}
          />
          {problem ? <PasteProblem problem={problem} /> : null}
          <div className="ob-row">
            <Button onClick={read} disabled={pasted.trim() === ""}>
              {t("tabular.whatIf.read")}
            </Button>
            <span className="ob-small ob-muted">{t("tabular.whatIf.pasteHelp", { most: MOST_ROWS })}</span>
          </div>
        </div>
      </Panel>
      <Panel
        title={t("tabular.whatIf.rows", { count: rows.length })}
        extra={
          <div className="ob-row">
            <Button
              icon={<PlusOutlined />}
              disabled={rows.length >= MOST_ROWS}
              onClick={() => {
                change([...rows, exampleRow(table.columns)]);
              }}
            >
              {t("tabular.whatIf.addRow")}
            </Button>
            <Button
              type="primary"
              loading={predict.isPending}
              disabled={rows.length === 0}
              onClick={() => {
                predict.mutate(rows);
              }}
            >
              {t("tabular.whatIf.predict")}
            </Button>
          </div>
        }
      >
        <div className="ob-stack-s" aria-live="polite">
          {predict.error ? <TryFailure error={predict.error} /> : null}
          <RowTable table={table} rows={rows} answers={answers} onChange={change} />
          {predict.data ? (
            <span className="ob-row ob-small ob-muted">
              {t("tryIt.took", { ms: format.number(predict.data.tookMs) })}
              <CopyButton text={result} label={t("tabular.whatIf.copy")} />
            </span>
          ) : null}
        </div>
      </Panel>
    </>
  );
}

const NAMED = 8;

function PasteProblem({ problem }: { readonly problem: CsvProblem }) {
  const t = useT();
  const told = (): string => {
    switch (problem.kind) {
      case "empty":
        return t("tabular.whatIf.pasteEmpty");
      case "tooMany":
        return t("tabular.whatIf.pasteTooMany", { rows: problem.rows, most: MOST_ROWS });
      case "missing":
        return t("tabular.whatIf.pasteMissing", { columns: problem.columns.slice(0, NAMED).join(", ") + (problem.columns.length > NAMED ? ` +${problem.columns.length - NAMED}` : "") });
    }
  };
  return <Alert type="error" showIcon role="alert" title={told()} />;
}
