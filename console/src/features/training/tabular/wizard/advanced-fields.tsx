import { Collapse, Form, InputNumber, Segmented, Select } from "antd";
import type { AlgorithmType, Objective, TabularCatalog, TargetAnalysis } from "@/api/tabular";
import { useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import type { TabularFormValues } from "./form-values";
import { quantilesOf } from "./request";

const OBJECTIVES: readonly Objective[] = ["mean", "quantile", "count"];
const MOST_QUANTILES = 19;
const USUAL_QUANTILES = ["0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"];
const MOST_HELD_OUT = 50;

interface Props {
  readonly tabular: TabularCatalog;
  readonly values: Partial<TabularFormValues>;
  readonly kind: AlgorithmType | undefined;
  readonly target: TargetAnalysis | null;
}

/** What models are chosen by, and what only some targets have; everything has a default. */
export function AdvancedFields({ tabular, values, kind, target }: Props) {
  const t = useT();
  return (
    <Collapse
      ghost
      size="small"
      items={[
        {
          key: "advanced",
          label: t("tabular.advanced"),
          forceRender: true, // errors of the platform are shown at fields that were never unfolded
          children: (
            <div className="ob-grid" style={{ rowGap: 0 }}>
              <MetricField tabular={tabular} kind={kind} objective={values.objective ?? "mean"} />
              <HoldoutField hasEvaluation={values.evaluation?.dataset_id !== undefined} />
              {kind === "binary" ? <BinaryFields target={target} /> : null}
              {kind === "regression" ? <RegressionFields objective={values.objective ?? "mean"} /> : null}
            </div>
          ),
        },
      ]}
    />
  );
}

interface MetricProps {
  readonly tabular: TabularCatalog;
  readonly kind: AlgorithmType | undefined;
  readonly objective: Objective;
}

function MetricField({ tabular, kind, objective }: MetricProps) {
  const t = useT();
  const said = useSaid();
  const chosen = Form.useWatch<string | undefined>("metric");
  const fitting = tabular.metrics.filter((metric) => (kind === undefined || metric.kinds.includes(kind)) && (kind !== "regression" || metric.objectives.includes(objective)));
  const options = fitting.map((metric) => ({ value: metric.name, label: said(metric.label_en, metric.label_zh) }));
  const metric = fitting.find((entry) => entry.name === chosen);
  const names = new Set<string>(["automatic", ...fitting.map((metric) => metric.name)]);
  return (
    <Form.Item
      name="metric"
      label={t("tabular.metric")}
      extra={metric ? said(metric.help_en, metric.help_zh) : t("tabular.metricHelp")}
      style={{ gridColumn: "span 6" }}
      rules={[{ validator: (_, name: string) => (names.has(name) ? Promise.resolve() : Promise.reject(new Error(t("tabular.notForType")))) }]}
    >
      <Select options={[{ value: "automatic", label: t("tabular.metric.automatic") }, ...options]} />
    </Form.Item>
  );
}

function HoldoutField({ hasEvaluation }: { readonly hasEvaluation: boolean }) {
  const t = useT();
  return (
    <Form.Item name="holdout_percent" label={t("tabular.holdout")} extra={hasEvaluation ? t("tabular.holdoutUnused") : t("tabular.holdoutHelp")} style={{ gridColumn: "span 6" }}>
      <InputNumber min={0} max={MOST_HELD_OUT} precision={0} suffix="%" placeholder={t("tabular.automatic")} style={{ width: "100%" }} disabled={hasEvaluation} />
    </Form.Item>
  );
}

function BinaryFields({ target }: { readonly target: TargetAnalysis | null }) {
  const t = useT();
  const cost = (name: "false_positive" | "false_negative") => (
    <Form.Item name={["costs", name]} label={t(`tabular.costs.${name}`)} extra={t(`tabular.costsHelp.${name}`)} style={{ gridColumn: "span 4" }}>
      <InputNumber min={0.001} max={1e9} placeholder="1" style={{ width: "100%" }} />
    </Form.Item>
  );
  return (
    <>
      <Form.Item name="positive_label" label={t("tabular.positive")} extra={t("tabular.positiveHelp")} style={{ gridColumn: "span 4" }}>
        <Select allowClear placeholder={t("tabular.positiveDefault")} options={(target?.classes ?? []).map(({ label }) => ({ value: label, label }))} />
      </Form.Item>
      {cost("false_positive")}
      {cost("false_negative")}
    </>
  );
}

function RegressionFields({ objective }: { readonly objective: Objective }) {
  const t = useT();
  return (
    <>
      <Form.Item name="objective" label={t("tabular.objective")} extra={t(`tabular.objectiveHelp.${objective}`)} style={{ gridColumn: "span 6" }}>
        <Segmented<Objective> aria-label={t("tabular.objective")} options={OBJECTIVES.map((value) => ({ value, label: t(`tabular.objective.${value}`) }))} />
      </Form.Item>
      {objective === "quantile" ? (
        <Form.Item
          name="quantiles"
          label={t("tabular.quantiles")}
          extra={t("tabular.quantilesHelp")}
          style={{ gridColumn: "span 6" }}
          rules={[
            { required: true, message: t("tabular.quantilesNeeded") },
            {
              validator: (_, texts: readonly string[] | undefined) =>
                quantilesOf(texts ?? []).every((share) => share > 0 && share < 1) && (texts ?? []).length <= MOST_QUANTILES ? Promise.resolve() : Promise.reject(new Error(t("tabular.quantilesRange"))),
            },
          ]}
        >
          <Select mode="tags" tokenSeparators={[" ", ";"]} placeholder="0.1  0.5  0.9" options={USUAL_QUANTILES.map((value) => ({ value, label: value }))} />
        </Form.Item>
      ) : null}
    </>
  );
}
