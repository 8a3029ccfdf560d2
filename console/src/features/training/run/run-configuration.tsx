import { Link } from "react-router";
import type { Run } from "@/api/types";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { Facts, Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { shownParameters } from "../shown-parameters";

export function RunConfiguration({ projectId, run }: { readonly projectId: number; readonly run: Run }) {
  const t = useT();
  const sets = (selection: Run["training_data"]) => (
    <span className="ob-row">
      {selection.map((item) => (
        <Link key={item.dataset_id} to={links.dataset(projectId, item.dataset_id)}>
          {`${item.dataset_id} V${item.version_number}`}
        </Link>
      ))}
    </span>
  );
  return (
    <div className="ob-grid">
      <div style={{ gridColumn: "span 6" }}>
        <Panel title={t("runs.form.data")}>
          <Facts
            facts={[
              { label: t("runs.form.trainingSet"), value: sets(run.training_data) },
              { label: t("runs.form.evaluationSet"), value: run.evaluation_data.length ? sets(run.evaluation_data) : t("runs.form.holdOut") },
              { label: t("samples.labels"), value: run.labels.join(", ") },
              { label: t("runs.snapshot"), value: run.snapshot_id ? <CopyText text={run.snapshot_id} /> : "–" },
              { label: t("runs.form.machine"), value: run.machine_type },
              { label: t("runs.form.nodes"), value: String(run.node_count) },
            ]}
          />
        </Panel>
      </div>
      <div style={{ gridColumn: "span 6" }}>
        <Panel title={t("runs.form.hyperParameters")}>
          <Facts
            facts={Object.entries(shownParameters(run.hyper_parameters)).map(([name, value]) => ({
              label: name,
              value: <span className="ob-mono">{value}</span>,
            }))}
          />
        </Panel>
      </div>
    </div>
  );
}
