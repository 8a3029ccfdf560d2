import { Checkbox, Slider } from "antd";
import type { AugmentationOperator } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useLanguage, useMaybeT, useT } from "@/i18n";
import type { OperatorChoice } from "./form-values";
import { defaultOperator } from "./run-values";

type Choices = Readonly<Record<string, OperatorChoice>>;

interface Props {
  readonly operators: readonly AugmentationOperator[];
  readonly value?: Choices;
  readonly onChange?: (choices: Choices) => void;
}

/** The operators of the task, each with its probability and the range its magnitude is drawn from. */
export function OperatorList({ operators, value = {}, onChange }: Props) {
  const chinese = useLanguage() === "zh-CN";
  const toggle = (operator: AugmentationOperator, on: boolean): void => {
    const rest = Object.entries(value).filter(([name]) => name !== operator.name);
    onChange?.(on ? { ...value, [operator.name]: defaultOperator(operator) } : Object.fromEntries(rest));
  };
  return (
    <ul className="ob-operators" data-testid="operators">
      {operators.map((operator) => {
        const chosen = value[operator.name];
        const label = chinese ? operator.label_zh : operator.label_en;
        return (
          <li key={operator.name}>
            <Checkbox
              checked={chosen !== undefined}
              onChange={(event) => {
                toggle(operator, event.target.checked);
              }}
            >
              <span>{label}</span>
              <span className="ob-small ob-muted" style={{ display: "block" }}>
                {chinese ? operator.help_zh : operator.help_en}
              </span>
            </Checkbox>
            {chosen ? (
              <OperatorSliders
                operator={operator}
                label={label}
                chosen={chosen}
                onChange={(next) => {
                  onChange?.({ ...value, [operator.name]: next });
                }}
              />
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

interface SlidersProps {
  readonly operator: AugmentationOperator;
  readonly label: string;
  readonly chosen: OperatorChoice;
  readonly onChange: (choice: OperatorChoice) => void;
}

const STEPS = 100;

function OperatorSliders({ operator, label, chosen, onChange }: SlidersProps) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const chinese = useLanguage() === "zh-CN";
  const magnitude = operator.magnitude;
  const [low, high] = chosen.magnitude ?? magnitude?.default ?? [0, 0];
  const unit = magnitude ? (maybeT(`augmentation.unit.${magnitude.unit}`) ?? magnitude.unit) : "";
  const meaning = chinese ? magnitude?.meaning_zh : magnitude?.meaning_en;
  return (
    <div className="ob-operator-sliders">
      <span className="ob-small">{t("augmentation.probability", { value: format.percent(chosen.probability, 0) })}</span>
      <Slider
        min={0}
        max={1}
        step={0.05}
        value={chosen.probability}
        tooltip={{ formatter: (value) => format.percent(value ?? 0, 0) }}
        ariaLabelForHandle={t("augmentation.probabilityOf", { name: label })}
        onChange={(probability: number) => {
          onChange({ ...chosen, probability });
        }}
      />
      {magnitude ? (
        <>
          <span className="ob-small" title={meaning}>
            {t("augmentation.magnitude", { low: format.number(low, 3), high: format.number(high, 3), unit })}
          </span>
          <Slider
            range
            min={magnitude.low}
            max={magnitude.high}
            step={magnitude.whole ? 1 : (magnitude.high - magnitude.low) / STEPS}
            value={[low, high]}
            tooltip={{ formatter: (value) => format.number(value ?? 0, 3) }}
            ariaLabelForHandle={[t("augmentation.lowestOf", { name: label }), t("augmentation.highestOf", { name: label })]}
            onChange={([from = low, to = high]: number[]) => {
              onChange({ ...chosen, magnitude: [from, to] });
            }}
          />
        </>
      ) : null}
    </div>
  );
}
