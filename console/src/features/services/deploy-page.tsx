import { useSearchParams } from "react-router";
import { useModels } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { DeployForm } from "./deploy-form";

export function DeployPage() {
  const t = useT();
  const projectId = useProjectId();
  const [params] = useSearchParams();
  const models = useModels(projectId);
  return (
    <Page title={t("services.deploy")} crumbs={[{ label: t("nav.services"), to: links.services(projectId) }]}>
      <QueryView query={models}>
        {(data) => {
          const items = itemsOf(data).filter((model) => model.version_count > 0);
          const [first] = items;
          if (!first) {
            return (
              <Panel>
                <EmptyState title={t("services.noModel.title")} text={t("services.noModel.text")} />
              </Panel>
            );
          }
          return <DeployForm projectId={projectId} models={items} modelId={Number(params.get("model")) || first.model_id} version={Number(params.get("version")) || undefined} />;
        }}
      </QueryView>
    </Page>
  );
}
