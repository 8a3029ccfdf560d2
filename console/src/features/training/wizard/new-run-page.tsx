import { useExperiment, useTrainingCatalog } from "@/api/queries/training";
import { useT } from "@/i18n";
import { Page } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { RunForm } from "./run-form";

export function NewRunPage() {
  const t = useT();
  const projectId = useProjectId();
  const experimentId = useIdParam("experimentId");
  const experiment = useExperiment(projectId, experimentId);
  const catalog = useTrainingCatalog();
  return (
    <QueryView query={experiment}>
      {(data) => (
        <Page
          title={t("runs.start")}
          crumbs={[
            { label: t("nav.experiments"), to: links.experiments(projectId) },
            { label: data.name, to: links.experiment(projectId, experimentId) },
          ]}
        >
          <QueryView query={catalog}>
            {(loaded) => <RunForm projectId={projectId} experiment={data} catalog={loaded} />}
          </QueryView>
        </Page>
      )}
    </QueryView>
  );
}
