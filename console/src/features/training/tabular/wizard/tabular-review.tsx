import type { TableColumns } from "@/api/tabular";
import type { TrainingCatalog } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import { PricePanel } from "../../wizard/price-panel";
import type { TabularFormValues } from "./form-values";
import { isNewModel } from "./request";
import { featureCount, NO_ROLES } from "./roles";

interface Props {
  readonly catalog: TrainingCatalog;
  readonly values: Partial<TabularFormValues>;
  readonly kind: string | undefined;
  readonly columns: TableColumns | undefined;
}

/** What will run, and what it costs at most, while the form is filled. */
export function TabularReview({ catalog, values, kind, columns }: Props) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const machine = catalog.machines.find((candidate) => candidate.code === values.machine_type);
  const isExpert = values.mode === "expert";
  return (
    <>
      <Panel title={t("runs.form.review")}>
        <Facts
          facts={[
            { label: t("tabular.role.target"), value: values.roles?.target ?? "–" },
            { label: t("tabular.typeShort"), value: kind ? (maybeT(`tabular.type.${kind}`) ?? kind) : "–" },
            { label: t("tabular.rows"), value: <span className="ob-num">{columns ? format.number(columns.rows) : "–"}</span> },
            { label: t("tabular.featureCount"), value: <span className="ob-num">{columns ? format.number(featureCount(values.roles ?? NO_ROLES, columns.columns.length)) : "–"}</span> },
            { label: t("tabular.modeShort"), value: t(`tabular.mode.${values.mode ?? "automl"}`) },
            ...(isExpert ? [{ label: t("tabular.model"), value: values.network ?? "–" }] : []),
            { label: t("tabular.publish"), value: values.publish?.on ? (isNewModel(values.publish) ? (values.publish.model_name ?? "") : t("tabular.asVersion")) : t("tabular.off") },
          ]}
        />
      </Panel>
      <PricePanel machine={machine} nodes={values.node_count ?? 0} minutes={values.max_training_minutes ?? 0} />
    </>
  );
}
