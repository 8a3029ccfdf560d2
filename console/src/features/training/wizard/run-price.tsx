import type { TrainingCatalog } from "@/api/types";
import { formatPrice } from "@/format/format";
import { useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import { Money } from "@/ui/values";
import type { RunFormValues } from "./run-form";
import { greatestCost } from "./run-values";

interface Props {
  readonly catalog: TrainingCatalog;
  readonly values: Partial<RunFormValues> | undefined;
}

/** What the run costs at most, while the form is filled. */
export function RunPrice({ catalog, values }: Props) {
  const t = useT();
  const machine = catalog.machines.find((candidate) => candidate.code === values?.machine_type);
  const nodes = values?.node_count ?? 0;
  const minutes = values?.max_training_minutes ?? 0;
  return (
    <Panel title={t("price.title")}>
      <Facts
        facts={[
          { label: t("price.rate"), value: machine ? t("price.perNodeMinute", { price: formatPrice(machine.price) }) : "–" },
          { label: t("runs.form.nodes"), value: <span className="ob-num">{nodes}</span> },
          { label: t("price.atMost"), value: <strong data-testid="greatest-cost"><Money amount={greatestCost(machine, nodes, minutes)} /></strong> },
        ]}
      />
      <p className="ob-muted ob-small" style={{ margin: "10px 0 0" }}>
        {t("price.runNote")}
      </p>
    </Panel>
  );
}
