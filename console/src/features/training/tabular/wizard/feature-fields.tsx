import { Form, Segmented } from "antd";
import type { FeatureMode, FeatureOperator, TableColumn } from "@/api/tabular";
import { useT } from "@/i18n";
import type { FeatureChoice } from "./form-values";
import { OperatorChoices } from "./operator-choices";

const MODES: readonly FeatureMode[] = ["default", "manual", "auto"];

interface Props {
  readonly operators: readonly FeatureOperator[];
  readonly choice: FeatureChoice | undefined;
  readonly columns: readonly TableColumn[];
}

/** Feature engineering: what suits the columns, chosen operators with their parameters, or chosen ones whose parameters are searched for. */
export function FeatureFields({ operators, choice, columns }: Props) {
  const t = useT();
  const mode = choice?.mode ?? "default";
  return (
    <>
      <Form.Item name={["features", "mode"]} extra={t(`tabular.featuresHelp.${mode}`)} style={{ marginBottom: mode === "default" ? 0 : 16 }}>
        <Segmented<FeatureMode> aria-label={t("tabular.features")} options={MODES.map((value) => ({ value, disabled: value !== "default" && operators.length === 0, label: t(`tabular.features.${value}`) }))} />
      </Form.Item>
      {mode === "default" ? null : (
        <Form.Item
          name={["features", "operators"]}
          style={{ margin: 0 }}
          rules={[{ validator: (_, chosen: FeatureChoice["operators"]) => (Object.keys(chosen ?? {}).length > 0 ? Promise.resolve() : Promise.reject(new Error(t("tabular.chooseOperator")))) }]}
        >
          <OperatorChoices operators={operators} withParameters={mode === "manual"} columns={columns} />
        </Form.Item>
      )}
    </>
  );
}
