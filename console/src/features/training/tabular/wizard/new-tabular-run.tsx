import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import type { Experiment, Run, TrainingCatalog } from "@/api/types";
import { TabularMessages } from "@/i18n/tabular-messages";
import { readDraft } from "../../wizard/draft";
import { DraftNotice } from "../../wizard/draft-notice";
import type { TabularFormValues } from "./form-values";
import { initialTabularValues } from "./initial-values";
import { TabularForm } from "./tabular-form";

interface Props {
  readonly projectId: number;
  readonly experiment: Experiment;
  readonly catalog: TrainingCatalog;
  readonly runs: readonly Run[];
}

/** The form of a table opens with what was left in it, else with the data and roles of the newest run. */
export function NewTabularRun({ projectId, experiment, catalog, runs }: Props) {
  const [params] = useSearchParams();
  const dataset = Number(params.get("dataset")) || null;
  const [draft, setDraft] = useState(() => (dataset === null ? readDraft<TabularFormValues>(experiment.experiment_id) : null));
  const [known] = useState(runs); // a run that changes later must not refill the form
  const { tabular } = catalog;
  const fresh = useMemo(
    () => initialTabularValues({ catalog, tabular, experimentName: experiment.name, runs: known, dataset }),
    [catalog, tabular, experiment, known, dataset],
  );
  return (
    <TabularMessages>
      {draft ? (
        <DraftNotice
          experimentId={experiment.experiment_id}
          onForget={() => {
            setDraft(null);
          }}
        />
      ) : null}
      <TabularForm key={draft ? "draft" : "fresh"} projectId={projectId} experiment={experiment} catalog={catalog} tabular={tabular} initial={draft ?? fresh} />
    </TabularMessages>
  );
}
