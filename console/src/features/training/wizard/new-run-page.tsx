import { Skeleton } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { itemsOf } from "@/api/queries/paging";
import { useExperiment, useRuns, useTrainingCatalog } from "@/api/queries/training";
import { TABULAR_TASK } from "@/api/tabular";
import type { Experiment, Run, TrainingCatalog } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { Page } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { readDraft } from "./draft";
import { DraftNotice } from "./draft-notice";
import type { RunFormValues } from "./form-values";
import { initialValues } from "./initial-values";
import { RunForm } from "./run-form";

const NewTabularRun = lazy(async () => ({ default: (await import("../tabular/wizard/new-tabular-run")).NewTabularRun }));

export function NewRunPage() {
  const t = useT();
  const maybeT = useMaybeT();
  const projectId = useProjectId();
  const experimentId = useIdParam("experimentId");
  const experiment = useExperiment(projectId, experimentId);
  const catalog = useTrainingCatalog();
  const runs = useRuns(projectId, experimentId);
  return (
    <QueryView query={experiment}>
      {(data) => (
        <Page
          title={t("runs.start")}
          crumbs={[
            { label: t("nav.experiments"), to: links.experiments(projectId) },
            { label: data.name, to: links.experiment(projectId, experimentId) },
          ]}
          sub={maybeT(`task.${data.task_type}`) ?? data.task_type}
        >
          <QueryView query={catalog}>
            {(loaded) => <QueryView query={runs}>{(pages) => <NewRunOfTask projectId={projectId} experiment={data} catalog={loaded} runs={itemsOf(pages)} />}</QueryView>}
          </QueryView>
        </Page>
      )}
    </QueryView>
  );
}

interface Props {
  readonly projectId: number;
  readonly experiment: Experiment;
  readonly catalog: TrainingCatalog;
  readonly runs: readonly Run[];
}

/** Tables have a form of their own, downloaded when it is first opened. */
function NewRunOfTask(props: Props) {
  if (props.experiment.task_type !== TABULAR_TASK) return <NewRun {...props} />;
  return (
    <Suspense fallback={<Skeleton active />}>
      <NewTabularRun {...props} />
    </Suspense>
  );
}

/** The form opens with what was left in it, else with the data of the newest run; `?dataset=`, `?base=` and `?subnet=` name what to use. */
function NewRun({ projectId, experiment, catalog, runs }: Props) {
  const [params] = useSearchParams();
  const dataset = Number(params.get("dataset")) || null;
  const base = Number(params.get("base")) || null;
  const subnet = params.get("subnet");
  const [draft, setDraft] = useState(() => (dataset === null && base === null && subnet === null ? readDraft<RunFormValues>(experiment.experiment_id) : null));
  const [known] = useState(runs); // a run that changes later must not refill the form
  const fresh = useMemo(() => initialValues({ catalog, taskType: experiment.task_type, runs: known, dataset, base, subnet }), [catalog, experiment, known, dataset, base, subnet]);
  return (
    <>
      {draft ? (
        <DraftNotice
          experimentId={experiment.experiment_id}
          onForget={() => {
            setDraft(null);
          }}
        />
      ) : null}
      <RunForm key={draft ? "draft" : "fresh"} projectId={projectId} experiment={experiment} catalog={catalog} initial={draft ?? fresh} />
    </>
  );
}
