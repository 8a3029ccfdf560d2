import { Checkbox, Input, InputNumber, Select } from "antd";
import type { HyperParameter, Network, SearchParameter } from "@/api/types";
import { useLanguage, useT, type Translate } from "@/i18n";
import type { RangeChoice } from "./form-values";
import { problemMessage } from "./problem-message";
import { firstRange, rangeProblem, type RangeProblem } from "./search-space";

type Space = Readonly<Record<string, RangeChoice>>;

interface Props {
  readonly offered: readonly SearchParameter[];
  readonly parameters: readonly HyperParameter[];
  readonly network: Network | undefined;
  readonly value?: Space;
  readonly onChange?: (space: Space) => void;
}

function rangeMessage(problem: RangeProblem, t: Translate): string {
  switch (problem.kind) {
    case "reversed":
      return t("search.range.reversed");
    case "notPositive":
      return t("search.range.notPositive");
    case "tooManyValues":
      return t("search.range.tooMany", { most: problem.most });
    default:
      return problemMessage(problem, t);
  }
}

/** Which hyper-parameters are searched and in which range; each offers its own value types only (checklist 26). */
export function SearchSpace({ offered, parameters, network, value = {}, onChange }: Props) {
  const t = useT();
  const chinese = useLanguage() === "zh-CN";
  return (
    <ul className="ob-space" data-testid="search-space">
      {offered.map((entry) => {
        const limits = parameters.find((parameter) => parameter.name === entry.parameter);
        const range = value[entry.name];
        const problem = range ? rangeProblem(range, limits) : null;
        const label = chinese ? entry.label_zh : entry.label_en;
        const change = (next: RangeChoice): void => onChange?.({ ...value, [entry.name]: next });
        const [firstType = "discrete"] = entry.value_types;
        return (
          <li key={entry.name}>
            <Checkbox
              checked={range !== undefined}
              onChange={(event) => {
                if (event.target.checked) change(firstRange(entry, entry.default?.type ?? firstType, limits, network));
                else onChange?.(Object.fromEntries(Object.entries(value).filter(([name]) => name !== entry.name)));
              }}
            >
              {label}
              <span className="ob-small ob-muted" style={{ display: "block" }}>
                {chinese ? entry.help_zh : entry.help_en}
              </span>
            </Checkbox>
            {range ? (
              <div className="ob-row">
                <Select
                  aria-label={t("search.range.typeOf", { name: label })}
                  style={{ width: 180 }}
                  value={range.type}
                  options={entry.value_types.map((type) => ({ value: type, label: t(`search.type.${type}`) }))}
                  onChange={(type) => {
                    change(firstRange(entry, type, limits, network));
                  }}
                />
                <RangeInput label={label} range={range} onChange={change} />
              </div>
            ) : null}
            {problem ? <span className="ob-small ob-fault">{rangeMessage(problem, t)}</span> : null}
          </li>
        );
      })}
    </ul>
  );
}

interface RangeProps {
  readonly label: string;
  readonly range: RangeChoice;
  readonly onChange: (range: RangeChoice) => void;
}

function RangeInput({ label, range, onChange }: RangeProps) {
  const t = useT();
  if (range.type === "boolean") return <span className="ob-muted">{t("search.range.boolean")}</span>;
  if (range.type === "discrete") {
    return (
      <Input
        aria-label={t("search.range.valuesOf", { name: label })}
        style={{ width: 260 }}
        value={range.values ?? ""}
        placeholder={t("search.range.values")}
        onChange={(event) => {
          onChange({ ...range, values: event.target.value });
        }}
      />
    );
  }
  const bound = (which: "low" | "high", name: string) => (
    <InputNumber
      aria-label={name}
      style={{ width: 130 }}
      value={range[which] ?? null}
      onChange={(next) => {
        onChange({ ...range, [which]: next });
      }}
    />
  );
  return (
    <span className="ob-row">
      {bound("low", t("search.range.lowOf", { name: label }))}
      {"–"}
      {bound("high", t("search.range.highOf", { name: label }))}
    </span>
  );
}
