import { AutoComplete, Input, InputNumber, Slider, Tag } from "antd";
import { useId } from "react";
import type { ModelColumn } from "@/api/tabular";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";

type Value = string | number | null;

const STEPS = 200;
const FEW_CHOICES = 1000;

interface Props {
  readonly column: ModelColumn;
  readonly value: Value;
  /** It differs from the row that was kept. */
  readonly isChanged: boolean;
  readonly isWrong: boolean;
  readonly onChange: (value: Value) => void;
}

/** A value of a column as its kind asks for; left empty it is missing. */
export function ColumnField({ column, value, isChanged, isWrong, onChange }: Props) {
  const t = useT();
  const id = useId();
  return (
    <div className="ob-what-if" data-column={column.name}>
      <label htmlFor={id} title={column.name}>
        <span>{column.name}</span>
        {isChanged ? <Tag color="blue">{t("tabular.whatIf.changed")}</Tag> : null}
      </label>
      <ColumnInput id={id} column={column} value={value} status={isWrong ? "error" : ""} onChange={onChange} />
    </div>
  );
}

interface InputProps {
  readonly id: string;
  readonly column: ModelColumn;
  readonly value: Value;
  readonly status: "" | "error";
  readonly onChange: (value: Value) => void;
}

function ColumnInput({ id, column, value, status, onChange }: InputProps) {
  const t = useT();
  const missing = t("tabular.whatIf.missing");
  if (column.kind === "number") return <NumberInput id={id} column={column} value={value} status={status} onChange={onChange} />;
  if (column.choices.length > 0) {
    const options = column.choices.slice(0, FEW_CHOICES).map((choice) => ({ value: choice, label: choice }));
    // Values that training never saw can be asked for as well.
    return <AutoComplete id={id} value={value === null ? "" : String(value)} status={status} allowClear placeholder={missing} showSearch={{ filterOption: (text, option) => text === String(value) || String(option?.value).toLowerCase().includes(text.toLowerCase()) }} options={options} onChange={(text: string | undefined) => { onChange(text ? text : null); }} />;
  }
  if (column.kind === "text") {
    return <Input.TextArea id={id} autoSize={{ minRows: 2, maxRows: 6 }} value={value === null ? "" : String(value)} status={status} placeholder={missing} onChange={(event) => { onChange(event.target.value === "" ? null : event.target.value); }} />;
  }
  return <Input id={id} value={value === null ? "" : String(value)} status={status} placeholder={column.kind === "date" ? t("tabular.whatIf.date") : missing} onChange={(event) => { onChange(event.target.value === "" ? null : event.target.value); }} />;
}

/** A slider over the range that training saw; the field beside it takes any number. */
function NumberInput({ id, column, value, status, onChange }: InputProps) {
  const t = useT();
  const format = useFormat();
  const { minimum, maximum } = column;
  const hasRange = typeof minimum === "number" && typeof maximum === "number" && maximum > minimum;
  const isWhole = hasRange && Number.isInteger(minimum) && Number.isInteger(maximum) && (column.example === null || column.example === undefined || Number.isInteger(column.example));
  const number = typeof value === "number" ? value : null;
  const field = <InputNumber id={id} value={number} status={status} placeholder={t("tabular.whatIf.missing")} onChange={onChange} style={{ width: hasRange ? 120 : "100%" }} {...(isWhole && maximum - minimum <= STEPS ? { precision: 0 } : {})} />;
  if (!hasRange) return field;
  return (
    <div className="ob-what-if-number">
      <Slider
        min={minimum}
        max={maximum}
        step={isWhole ? Math.max(1, Math.round((maximum - minimum) / STEPS)) : (maximum - minimum) / STEPS}
        value={number ?? minimum}
        onChange={onChange}
        ariaLabelForHandle={column.name}
        tooltip={{ formatter: (at) => format.compact(at ?? 0) }}
      />
      {field}
    </div>
  );
}
