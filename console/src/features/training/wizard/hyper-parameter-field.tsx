import { Form, Input, InputNumber, Select } from "antd";
import type { HyperParameter } from "@/api/types";
import { useLanguage, useT } from "@/i18n";
import { problemMessage } from "./problem-message";
import { problemOf } from "./run-values";

/** One declared hyper-parameter of the catalogue: its field, range and help. */
export function HyperParameterField({ parameter }: { readonly parameter: HyperParameter }) {
  const t = useT();
  const chinese = useLanguage() === "zh-CN";
  const help = chinese ? parameter.help_zh : parameter.help_en;
  const ranged = typeof parameter.minimum === "number" && typeof parameter.maximum === "number";
  const range = ranged ? t("parameter.range", { minimum: String(parameter.minimum), maximum: String(parameter.maximum) }) : "";
  return (
    <Form.Item
      name={["hyper_parameters", parameter.name]}
      label={chinese ? parameter.label_zh : parameter.label_en}
      extra={`${help} ${range}`}
      style={{ gridColumn: "span 6" }}
      rules={[
        {
          validator: (_, value: unknown) => {
            const problem = problemOf(parameter, value);
            return problem ? Promise.reject(new Error(problemMessage(problem, t))) : Promise.resolve();
          },
        },
      ]}
    >
      {control(parameter)}
    </Form.Item>
  );
}

function control(parameter: HyperParameter) {
  switch (parameter.type) {
    case "integer":
      return <InputNumber style={{ width: "100%" }} step={1} />;
    case "number":
      return <InputNumber style={{ width: "100%" }} step={stepOf(parameter)} />;
    case "choice":
      return <Select options={parameter.choices.map((choice) => ({ value: choice, label: choice }))} />;
    default:
      return <Input />;
  }
}

function stepOf(parameter: HyperParameter): number {
  return typeof parameter.maximum === "number" && parameter.maximum <= 1 ? 0.01 : 1;
}
