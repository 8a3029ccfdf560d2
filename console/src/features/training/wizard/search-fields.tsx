import { Form, InputNumber, Radio } from "antd";
import type { HyperParameter, Network, SearchCatalog, SearchField, SearchStrategy } from "@/api/types";
import { useLanguage, useT } from "@/i18n";
import type { RangeChoice, RunFormValues } from "./form-values";
import { problemMessage } from "./problem-message";
import { problemOf } from "./run-values";
import { rangeProblem, searchableOf } from "./search-space";
import { SearchSpace } from "./search-space-field";

interface Props {
  readonly search: SearchCatalog;
  readonly network: Network | undefined;
  readonly parameters: readonly HyperParameter[];
  readonly values: Partial<RunFormValues> | undefined;
}

/** Strategy, its fields and what is searched (spec 03 sections 2.11 and 2.12). */
export function SearchFields({ search, network, parameters, values }: Props) {
  const t = useT();
  const chinese = useLanguage() === "zh-CN";
  const strategy = search.strategies.find((entry) => entry.name === values?.search?.strategy) ?? search.strategies[0];
  const fields = search.fields.filter((field) => field.general || strategy?.fields.includes(field.name));
  const offered = searchableOf(search, parameters, strategy?.fixed_structure ?? false);
  const mode = values?.search?.space_mode ?? "default";
  return (
    <div data-testid="search-fields">
      <Form.Item
        name={["search", "strategy"]}
        label={t("search.strategy")}
        initialValue={"bayesian" satisfies SearchStrategy}
        {...(strategy ? { extra: chinese ? strategy.help_zh : strategy.help_en } : {})}
      >
        <Radio.Group optionType="button" options={search.strategies.map((entry) => ({ value: entry.name, label: chinese ? entry.label_zh : entry.label_en }))} />
      </Form.Item>
      <div className="ob-grid" style={{ rowGap: 0 }}>
        {fields.map((field) => (
          <FieldInput key={field.name} field={field} fallback={field.name === "max_trials" ? (strategy?.max_trials ?? null) : field.default} />
        ))}
      </div>
      <Form.Item name={["search", "space_mode"]} label={t("search.space")} initialValue="default">
        <Radio.Group
          options={[
            { value: "default", label: t("search.space.default") },
            { value: "manual", label: t("search.space.manual") },
          ]}
        />
      </Form.Item>
      {mode === "manual" ? (
        <Form.Item
          name={["search", "space"]}
          rules={[
            {
              validator: (_, space: Readonly<Record<string, RangeChoice>> | undefined) => {
                const chosen = Object.entries(space ?? {});
                if (chosen.length === 0) return Promise.reject(new Error(t("search.space.chooseOne")));
                const faulty = chosen.find(([name, range]) => rangeProblem(range, limitsOf(name, search, parameters)) !== null);
                return faulty ? Promise.reject(new Error(t("search.space.faulty"))) : Promise.resolve();
              },
            },
          ]}
        >
          <SearchSpace offered={offered} parameters={parameters} network={network} />
        </Form.Item>
      ) : null}
    </div>
  );
}

function limitsOf(name: string, search: SearchCatalog, parameters: readonly HyperParameter[]): HyperParameter | undefined {
  const entry = search.parameters.find((parameter) => parameter.name === name);
  return parameters.find((parameter) => parameter.name === entry?.parameter);
}

function FieldInput({ field, fallback }: { readonly field: SearchField; readonly fallback: number | null }) {
  const t = useT();
  const chinese = useLanguage() === "zh-CN";
  const bounds = { minimum: String(field.minimum), maximum: String(field.maximum) };
  const range = field.above_minimum ? t("parameter.rangeAbove", bounds) : t("parameter.range", bounds);
  return (
    <Form.Item
      name={["search", "fields", field.name]}
      label={chinese ? field.label_zh : field.label_en}
      extra={`${chinese ? field.help_zh : field.help_en} ${range}`}
      style={{ gridColumn: "span 6" }}
      rules={[
        {
          validator: (_, value: number | null | undefined) => {
            const problem = value === null || value === undefined ? null : problemOf(field, value);
            return problem ? Promise.reject(new Error(problemMessage(problem, t))) : Promise.resolve();
          },
        },
      ]}
    >
      <InputNumber
        style={{ width: "100%" }}
        step={field.type === "integer" ? 1 : 0.05}
        placeholder={fallback === null ? t("search.field.none") : t("search.field.default", { value: String(fallback) })}
      />
    </Form.Item>
  );
}
