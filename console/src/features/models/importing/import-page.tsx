import { useSearchParams } from "react-router";
import { useModel } from "@/api/queries/models";
import { useImportCatalog } from "@/api/queries/repository";
import type { ImportCatalog } from "@/api/serving";
import type { Model } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { frameworksFor } from "./import-form";
import { ImportProgress } from "./import-progress";
import { ImportWizard } from "./import-wizard";

/** A version from files that were trained elsewhere (spec 03 section 7.6). */
export function ImportPage() {
  const t = useT();
  const projectId = useProjectId();
  const modelId = useIdParam("modelId");
  const model = useModel(projectId, modelId);
  const catalog = useImportCatalog(projectId);
  const name = model.data?.name ?? "";
  return (
    <Page
      title={t("imports.model.title")}
      sub={t("imports.model.intro")}
      crumbs={[
        { label: t("nav.models"), to: links.models(projectId) },
        { label: name, to: links.model(projectId, modelId) },
      ]}
    >
      <QueryView query={model}>{(known) => <QueryView query={catalog}>{(data) => <Steps projectId={projectId} model={known} catalog={data} />}</QueryView>}</QueryView>
      <AsCommand command={`bml models import ${modelId} FOLDER --framework FRAMEWORK`} />
    </Page>
  );
}

interface Props {
  readonly projectId: number;
  readonly model: Model;
  readonly catalog: ImportCatalog;
}

/** The import that is open stands in the address, so that it survives a reload. */
function Steps({ projectId, model, catalog }: Props) {
  const t = useT();
  const [params, setParams] = useSearchParams();
  const importId = Number(params.get("import")) || null;
  const choices = frameworksFor(catalog, model.task_type);
  if (model.source !== "local") {
    return (
      <Panel>
        <EmptyState title={t("imports.model.otherSource")} text={t("imports.model.otherSourceText")} />
      </Panel>
    );
  }
  if (choices.length === 0) {
    return (
      <Panel>
        <EmptyState title={t("imports.model.noFramework")} />
      </Panel>
    );
  }
  if (importId !== null) {
    return (
      <ImportProgress
        projectId={projectId}
        modelId={model.model_id}
        importId={importId}
        onAgain={() => {
          setParams({}, { replace: true });
        }}
      />
    );
  }
  return (
    <ImportWizard
      projectId={projectId}
      model={model}
      choices={choices}
      onStarted={(started) => {
        setParams({ import: String(started.import_id) }, { replace: true });
      }}
    />
  );
}
