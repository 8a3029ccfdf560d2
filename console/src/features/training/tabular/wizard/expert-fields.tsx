import { Alert, Form, Segmented, Select } from "antd";
import type { AlgorithmType, TabularCatalog, TabularModel, TableColumn, TrainingWay } from "@/api/tabular";
import { useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import { Panel } from "@/ui/page";
import { FeatureFields } from "./feature-fields";
import type { TabularFormValues } from "./form-values";
import { TabularScriptField } from "./tabular-script-field";

const KINDS = ["binary", "multiclass", "regression"] as const;
const WAYS = ["single", "distributed"] as const;

interface Props {
  readonly tabular: TabularCatalog;
  readonly values: Partial<TabularFormValues>;
  readonly columns: readonly TableColumn[];
  readonly suggested: AlgorithmType | null;
}

/** What is predicted; the expert mode adds way, feature engineering, model type and script. */
export function ExpertFields({ tabular, values, columns, suggested }: Props) {
  const t = useT();
  const isExpert = values.mode === "expert";
  const chosen = values.algorithm_type;
  const differs = suggested !== null && chosen !== undefined && chosen !== "automatic" && chosen !== suggested;
  const kinds: readonly AlgorithmType[] = isExpert ? KINDS : ["automatic", ...KINDS];
  return (
    <>
      <Panel title={t("tabular.algorithm")}>
        <Form.Item
          name="algorithm_type"
          label={t("tabular.algorithmType")}
          extra={differs ? undefined : t("tabular.algorithmTypeHelp")}
          rules={[{ validator: (_, kind: string | undefined) => (isExpert && (kind ?? "automatic") === "automatic" ? Promise.reject(new Error(t("tabular.chooseType"))) : Promise.resolve()) }]}
        >
          <Segmented<AlgorithmType> aria-label={t("tabular.algorithmType")} options={kinds.map((kind) => ({ value: kind, label: t(`tabular.type.${kind}`) }))} />
        </Form.Item>
        {differs ? <Alert type="warning" showIcon title={t("tabular.typeDiffers", { suggested: t(`tabular.type.${suggested}`) })} style={{ marginBottom: isExpert ? 16 : 0 }} /> : null}
        {isExpert ? (
          <div className="ob-grid" style={{ rowGap: 0 }}>
            <Form.Item name="training_way" label={t("tabular.way")} extra={t("tabular.wayHelp")} style={{ gridColumn: "span 6" }}>
              <Segmented aria-label={t("tabular.way")} options={WAYS.map((way) => ({ value: way, label: t(`tabular.way.${way}`) }))} />
            </Form.Item>
            <ModelField tabular={tabular} kind={chosen} way={values.training_way ?? "single"} />
          </div>
        ) : null}
      </Panel>
      {isExpert ? (
        <>
          <Panel title={t("tabular.features")}>
            <FeatureFields operators={tabular.feature_operators} choice={values.features} columns={columns} />
          </Panel>
          <Panel title={t("tabular.script")}>
            <TabularScriptField network={values.network} kind={chosen} way={values.training_way ?? "single"} />
          </Panel>
        </>
      ) : null}
    </>
  );
}

function ModelField({ tabular, kind, way }: { readonly tabular: TabularCatalog; readonly kind: AlgorithmType | undefined; readonly way: TrainingWay }) {
  const t = useT();
  const said = useSaid();
  const name = Form.useWatch<string | undefined>("network");
  const model = tabular.models.find((entry) => entry.code === name);
  const block = (entry: TabularModel): string | null => {
    if (way === "distributed" && !entry.distributed) return t("tabular.notDistributed");
    return kind && kind !== "automatic" && !entry.kinds.includes(kind) ? t("tabular.notForType") : null;
  };
  return (
    <Form.Item
      name="network"
      label={t("tabular.model")}
      style={{ gridColumn: "span 6" }}
      extra={model ? said(model.help_en, model.help_zh) : undefined}
      dependencies={["training_way", "algorithm_type"]}
      rules={[
        {
          validator: () => {
            const reason = model ? block(model) : t("form.required");
            return reason ? Promise.reject(new Error(reason)) : Promise.resolve();
          },
        },
      ]}
    >
      <Select
        options={tabular.models.filter((entry) => entry.expert).map((entry) => {
          const reason = block(entry);
          const label = said(entry.label_en, entry.label_zh);
          return { value: entry.code, disabled: reason !== null, label: reason ? `${label} · ${reason}` : label };
        })}
      />
    </Form.Item>
  );
}
