import { Button } from "antd";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { changedColumns } from "./rows";
import { figureOf, type Row, type RowAnswer } from "./table-prediction";

export interface SavedAnswer {
  readonly row: Row;
  readonly answer: RowAnswer;
}

interface Props {
  readonly saved: SavedAnswer | null;
  readonly current: SavedAnswer;
  readonly onSave: (answer: SavedAnswer | null) => void;
  readonly onReturn: () => void;
}

/** Keeps a row, and tells what the changes since then do to its answer. */
export function Baseline({ saved, current, onSave, onReturn }: Props) {
  const t = useT();
  if (!saved) {
    return (
      <div>
        <Button
          size="small"
          onClick={() => {
            onSave(current);
          }}
        >
          {t("tabular.whatIf.keep")}
        </Button>
      </div>
    );
  }
  const changed = changedColumns(saved.row, current.row);
  return (
    <div className="ob-target" data-testid="baseline">
      <Difference saved={saved.answer} current={current.answer} />
      <span className="ob-small ob-muted">{changed.length === 0 ? t("tabular.whatIf.same") : t("tabular.whatIf.changes", { columns: changed.map((name) => `${name}: ${text(saved.row[name])} → ${text(current.row[name])}`).join("; ") })}</span>
      <div className="ob-row">
        <Button size="small" onClick={onReturn} disabled={changed.length === 0}>
          {t("tabular.whatIf.return")}
        </Button>
        <Button
          size="small"
          onClick={() => {
            onSave(current);
          }}
        >
          {t("tabular.whatIf.keepThis")}
        </Button>
        <Button
          size="small"
          type="text"
          onClick={() => {
            onSave(null);
          }}
        >
          {t("tabular.whatIf.forget")}
        </Button>
      </div>
    </div>
  );
}

const text = (value: Row[string] | undefined): string => (value === null || value === undefined ? "∅" : String(value));

function Difference({ saved, current }: { readonly saved: RowAnswer; readonly current: RowAnswer }) {
  const t = useT();
  const format = useFormat();
  const before = figureOf(saved, saved.label);
  const after = figureOf(current, saved.label);
  if (before === null || after === null) return null;
  const isShare = saved.label !== null;
  const show = (value: number): string => (isShare ? format.percent(value) : format.compact(value));
  const sign = after > before ? "+" : "";
  return (
    <strong className="ob-num">
      {t("tabular.whatIf.difference", { name: saved.label ?? t("tabular.whatIf.value"), before: show(before), after: show(after), difference: isShare ? t("tabular.whatIf.points", { points: `${sign}${format.number((after - before) * 100, 1)}` }) : `${sign}${format.compact(after - before)}` })}
    </strong>
  );
}
