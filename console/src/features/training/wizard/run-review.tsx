import type { TrainingCatalog } from "@/api/types";
import { useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import type { RunFormValues } from "./form-values";
import { PricePanel } from "./price-panel";

interface Props {
  readonly catalog: TrainingCatalog;
  readonly values: Partial<RunFormValues> | undefined;
  /** Classes the chosen data make; null while they are not known. */
  readonly classes: number | null;
}

/** What will run, and what it costs at most, while the form is filled. */
export function RunReview({ catalog, values, classes }: Props) {
  const t = useT();
  const machine = catalog.machines.find((candidate) => candidate.code === values?.machine_type);
  const nodes = values?.node_count ?? 0;
  const minutes = values?.max_training_minutes ?? 0;
  const isAuto = values?.augmentation?.mode === "auto";
  return (
    <>
      <Panel title={t("runs.form.review")}>
        <Facts
          facts={[
            { label: t("runs.form.classes"), value: <span className="ob-num">{classes ?? "–"}</span> },
            { label: t("runs.network"), value: values?.network ?? "–" },
            { label: t("runs.form.source"), value: t(`runs.source.${values?.source ?? "manual"}`) },
            ...(catalog.augmentation.operators.length ? [{ label: t("runs.form.augmentation"), value: t(`augmentation.mode.${values?.augmentation?.mode ?? "default"}`) }] : []),
          ]}
        />
      </Panel>
      <PricePanel machine={machine} nodes={nodes} minutes={minutes}>
        {isAuto ? ` ${t("price.augmentationNote")}` : ""}
        {values?.source === "search" ? ` ${t("price.searchNote")}` : ""}
      </PricePanel>
    </>
  );
}
