import { ArrowDownOutlined, ArrowUpOutlined } from "@ant-design/icons";
import { Button, Checkbox, InputNumber, Select, Switch, Tooltip } from "antd";
import type { Operator } from "@/api/queries/data-jobs";
import type { Schemas } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { moved, toggled, withParameter, type Order, type Values } from "./operations";

interface Props {
  readonly operators: readonly Operator[];
  readonly order: Order;
  readonly onChange: (order: Order) => void;
}

/** Operators of the catalogue with their parameters; those chosen stand first, in the order of their work. */
export function OperatorForm({ operators, order, onChange }: Props) {
  const t = useT();
  const chosen = order.operations.flatMap((operation) => operators.filter((operator) => operator.code === operation.code));
  const others = operators.filter((operator) => !chosen.includes(operator));
  return (
    <div className="ob-stack-s">
      {chosen.length > 0 ? (
        <ol className="ob-operators" aria-label={t("derive.order")}>
          {chosen.map((operator, index) => (
            <li key={operator.code}>
              <Row operator={operator} order={order} onChange={onChange} />
              <span className="ob-row" style={{ gap: 2 }}>
                <Button type="text" size="small" icon={<ArrowUpOutlined />} aria-label={t("derive.up")} disabled={index === 0} onClick={() => { onChange(moved(order, operator.code, -1)); }} />
                <Button type="text" size="small" icon={<ArrowDownOutlined />} aria-label={t("derive.down")} disabled={index === chosen.length - 1} onClick={() => { onChange(moved(order, operator.code, 1)); }} />
              </span>
            </li>
          ))}
        </ol>
      ) : null}
      <ul className="ob-operators" aria-label={t("derive.operators")}>
        {others.map((operator) => (
          <li key={operator.code}>
            <Row operator={operator} order={order} onChange={onChange} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Row({ operator, order, onChange }: { readonly operator: Operator } & Omit<Props, "operators">) {
  const maybeT = useMaybeT();
  const chosen = order.operations.find((operation) => operation.code === operator.code);
  return (
    <div style={{ flex: 1, minWidth: 0 }}>
      <Checkbox
        checked={chosen !== undefined}
        onChange={(event) => {
          onChange(toggled(order, operator, event.target.checked));
        }}
      >
        {maybeT(`operator.${operator.code}`) ?? operator.title}
        <div className="ob-muted ob-small">{maybeT(`operator.${operator.code}.help`) ?? operator.help}</div>
      </Checkbox>
      {chosen && operator.parameters.length > 0 ? (
        <div className="ob-row" style={{ gap: "6px 20px", padding: "4px 0 2px 26px" }}>
          {operator.parameters.map((parameter) => (
            <Parameter
              key={parameter.name}
              parameter={parameter}
              values={chosen.parameters}
              onChange={(value) => {
                onChange(withParameter(order, operator.code, parameter.name, value));
              }}
            />
          ))}
        </div>
      ) : null}
    </div>
  );
}

/** A tenth, one, ten …: about a fiftieth of the range. */
const stepOf = (min: number, max: number): number => 10 ** Math.floor(Math.log10(Math.max(0.05, (max - min) / 20)));

interface ParameterProps {
  readonly parameter: Schemas["OperatorParameter"];
  readonly values: Values;
  readonly onChange: (value: boolean | number | string) => void;
}

function Parameter({ parameter, values, onChange }: ParameterProps) {
  const maybeT = useMaybeT();
  const title = maybeT(`operatorParameter.${parameter.name}`) ?? parameter.title;
  const value = values[parameter.name];
  return (
    <Tooltip title={parameter.help}>
      <label className="ob-row ob-small">
        {title}
        {parameter.type === "boolean" ? <Switch size="small" checked={value === true} onChange={onChange} /> : null}
        {parameter.type === "choice" ? (
          <Select
            size="small"
            aria-label={title}
            style={{ minWidth: 100 }}
            value={String(value)}
            options={parameter.choices.map((choice) => ({ value: choice, label: maybeT(`choice.${choice}`) ?? choice }))}
            onChange={(chosen: string) => {
              onChange(chosen);
            }}
          />
        ) : null}
        {parameter.type === "integer" || parameter.type === "number" ? (
          <InputNumber
            size="small"
            min={parameter.min ?? 0}
            max={parameter.max ?? 0}
            {...(parameter.type === "integer" ? { precision: 0 } : { step: stepOf(parameter.min ?? 0, parameter.max ?? 1) })}
            value={Number(value)}
            onChange={(number) => {
              if (number !== null) onChange(number);
            }}
          />
        ) : null}
      </label>
    </Tooltip>
  );
}
