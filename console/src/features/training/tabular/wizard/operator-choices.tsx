import { Checkbox, InputNumber, Select, Switch } from "antd";
import type { FeatureOperator, OperatorParameter, ParameterValue, TableColumn } from "@/api/tabular";
import { useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import type { FeatureChoice } from "./form-values";

type Chosen = NonNullable<FeatureChoice["operators"]>;

interface Props {
  readonly operators: readonly FeatureOperator[];
  readonly withParameters: boolean;
  readonly columns: readonly TableColumn[];
  readonly value?: Chosen;
  readonly onChange?: (chosen: Chosen) => void;
}

/** The operators of the catalogue, each with how many columns of the table it fits. */
export function OperatorChoices({ operators, withParameters, columns, value = {}, onChange }: Props) {
  return (
    <ul className="ob-space" data-testid="operators">
      {operators.map((operator) => (
        <Operator
          key={operator.name}
          operator={operator}
          fitting={columns.filter((column) => operator.kinds.includes(column.kind)).length}
          parameters={value[operator.name]}
          withParameters={withParameters}
          onChoose={(isChosen) => {
            const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== operator.name));
            onChange?.(isChosen ? { ...rest, [operator.name]: {} } : rest);
          }}
          onParameter={(name, parameter) => onChange?.({ ...value, [operator.name]: { ...value[operator.name], [name]: parameter } })}
        />
      ))}
    </ul>
  );
}

interface OperatorProps {
  readonly operator: FeatureOperator;
  readonly fitting: number;
  readonly parameters: Chosen[string] | undefined;
  readonly withParameters: boolean;
  readonly onChoose: (isChosen: boolean) => void;
  readonly onParameter: (name: string, value: ParameterValue | null) => void;
}

function Operator({ operator, fitting, parameters, withParameters, onChoose, onParameter }: OperatorProps) {
  const t = useT();
  const said = useSaid();
  const title = said(operator.label_en, operator.label_zh);
  return (
    <li>
      <Checkbox
        checked={parameters !== undefined}
        onChange={(event) => {
          onChoose(event.target.checked);
        }}
      >
        <strong>{title}</strong> <span className="ob-small ob-muted">{t("tabular.fits", { count: fitting })}</span>
        <div className="ob-small ob-muted">{said(operator.help_en, operator.help_zh)}</div>
      </Checkbox>
      {withParameters && parameters !== undefined && operator.parameters.length > 0 ? (
        <div className="ob-row" style={{ gap: "8px 20px" }}>
          {operator.parameters.map((parameter) => (
            <label key={parameter.name} className="ob-row" style={{ gap: 8 }}>
              <span className="ob-small">{said(parameter.help_en, parameter.help_zh)}</span>
              <ParameterInput
                parameter={parameter}
                label={`${title}: ${said(parameter.help_en, parameter.help_zh)}`}
                value={parameters[parameter.name] ?? parameter.default}
                onChange={(next) => {
                  onParameter(parameter.name, next);
                }}
              />
            </label>
          ))}
        </div>
      ) : null}
    </li>
  );
}

interface InputProps {
  readonly parameter: OperatorParameter;
  readonly label: string;
  readonly value: ParameterValue;
  readonly onChange: (value: ParameterValue | null) => void;
}

function ParameterInput({ parameter, label, value, onChange }: InputProps) {
  if (typeof value === "boolean") return <Switch size="small" checked={value} onChange={onChange} aria-label={label} />;
  if (parameter.choices.length > 0) {
    return <Select size="small" style={{ width: 150 }} value={String(value)} onChange={onChange} aria-label={label} options={parameter.choices.map((choice) => ({ value: choice, label: choice }))} />;
  }
  return (
    <InputNumber
      size="small"
      value={typeof value === "number" ? value : null}
      onChange={onChange}
      aria-label={label}
      {...(parameter.type === "integer" ? { precision: 0 } : {})}
      {...(typeof parameter.minimum === "number" ? { min: parameter.minimum } : {})}
      {...(typeof parameter.maximum === "number" ? { max: parameter.maximum } : {})}
    />
  );
}
