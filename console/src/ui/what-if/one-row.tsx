import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Input, Spin } from "antd";
import { useState } from "react";
import { PredictionError, type AskedModel } from "@/api/prediction";
import type { ModelTable } from "@/api/tabular";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { TryFailure } from "../try-model/try-failure";
import { AnswerView } from "./answer-view";
import { Baseline, type SavedAnswer } from "./baseline";
import { ColumnField } from "./column-field";
import { ExplanationBars } from "./explanation-bars";
import { exampleRow } from "./rows";
import { explainedLabel, predictRows, type Row } from "./table-prediction";
import { useDebounced } from "./use-debounced";

const REST_MS = 350;
const SHOWN_AT_FIRST = 24;

interface Props {
  readonly table: ModelTable;
  /** From which on a row counts as the positive class. */
  readonly threshold: number | null;
  readonly model: AskedModel;
}

/** One row as a form: the answer follows every change, with what moved it, beside a row that was kept. */
export function OneRow({ table, threshold, model }: Props) {
  const t = useT();
  const [row, setRow] = useState<Row>(() => exampleRow(table.columns));
  const [saved, setSaved] = useState<SavedAnswer | null>(null);
  const asked = useDebounced(row, REST_MS);
  const prediction = useQuery({
    queryKey: ["what-if", model.name, asked],
    queryFn: () => predictRows(model.ask, [asked], true),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });
  const answer = prediction.data?.answers[0];
  const isBehind = prediction.isFetching || asked !== row;
  return (
    <div className="ob-grid">
      <div style={{ gridColumn: "span 6" }}>
        <RowForm table={table} row={row} saved={saved?.row} error={prediction.error} onChange={setRow} />
      </div>
      <div className="ob-stack" style={{ gridColumn: "span 6", alignSelf: "start", position: "sticky", top: 0 }}>
        <Panel title={t("tabular.whatIf.answer", { target: table.target })} extra={isBehind ? <Spin size="small" /> : null}>
          <div className="ob-stack" aria-live="polite" data-testid="answer">
            {prediction.error ? <TryFailure error={prediction.error} /> : null}
            {answer && !prediction.error ? (
              <>
                <AnswerView answer={answer} positive={table.positive_label ?? null} threshold={threshold} />
                <Baseline
                  saved={saved}
                  current={{ row: asked, answer }}
                  onSave={setSaved}
                  onReturn={() => {
                    if (saved) setRow(saved.row);
                  }}
                />
              </>
            ) : null}
          </div>
        </Panel>
        {answer?.explanation && !prediction.error ? (
          <Panel title={t("tabular.whatIf.why")}>
            <ExplanationBars explanation={answer.explanation} label={explainedLabel(answer)} isShare={answer.label !== null} />
          </Panel>
        ) : null}
      </div>
    </div>
  );
}

interface FormProps {
  readonly table: ModelTable;
  readonly row: Row;
  readonly saved: Row | undefined;
  readonly error: Error | null;
  readonly onChange: (row: Row) => void;
}

/** The message behind 336001 begins with the feature that it is about. */
const isAbout = (error: Error | null, column: string): boolean => error instanceof PredictionError && error.message.includes(column);

function RowForm({ table, row, saved, error, onChange }: FormProps) {
  const t = useT();
  const [search, setSearch] = useState("");
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const wanted = search.trim().toLowerCase();
  const fitting = table.columns.filter((column) => column.name.toLowerCase().includes(wanted));
  return (
    <Panel
      title={t("tabular.whatIf.row")}
      extra={
        <Button
          size="small"
          onClick={() => {
            onChange(exampleRow(table.columns));
          }}
        >
          {t("tabular.whatIf.reset")}
        </Button>
      }
    >
      <div className="ob-stack" data-testid="row-form">
        {table.columns.length > SHOWN_AT_FIRST ? (
          <Input.Search
            allowClear
            value={search}
            placeholder={t("tabular.searchColumns")}
            aria-label={t("tabular.searchColumns")}
            onChange={(event) => {
              setSearch(event.target.value);
            }}
          />
        ) : null}
        {fitting.slice(0, shown).map((column) => (
          <ColumnField
            key={column.name}
            column={column}
            value={row[column.name] ?? null}
            isChanged={saved !== undefined && saved[column.name] !== row[column.name]}
            isWrong={isAbout(error, column.name)}
            onChange={(value) => {
              onChange({ ...row, [column.name]: value });
            }}
          />
        ))}
        {fitting.length === 0 ? <EmptyState title={t("tabular.noColumnFits")} /> : null}
        {fitting.length > shown ? (
          <Button
            onClick={() => {
              setShown(shown + SHOWN_AT_FIRST);
            }}
          >
            {t("tabular.whatIf.more", { count: fitting.length - shown })}
          </Button>
        ) : null}
      </div>
    </Panel>
  );
}
