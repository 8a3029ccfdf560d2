import { SwapOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useModel, useModelVersions } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import type { Model } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { ModelActions } from "./model-actions";
import { useSourceName } from "./source-name";
import { VersionTable } from "./version-table";

export function ModelPage() {
  const projectId = useProjectId();
  const modelId = useIdParam("modelId");
  return <QueryView query={useModel(projectId, modelId)}>{(model) => <ModelView projectId={projectId} model={model} />}</QueryView>;
}

function ModelView({ projectId, model }: { readonly projectId: number; readonly model: Model }) {
  const t = useT();
  const maybeT = useMaybeT();
  const sourceName = useSourceName();
  return (
    <Page
      title={model.name}
      crumbs={[{ label: t("nav.models"), to: links.models(projectId) }]}
      sub={
        <>
          <span>{maybeT(`task.${model.task_type}`) ?? model.task_type}</span>
          <span>{sourceName(model.source)}</span>
          {typeof model.service_id !== "number" ? null : <Link to={links.service(projectId, model.service_id)}>{t("models.serviceLink")}</Link>}
          <CopyText text={model.model_id} />
        </>
      }
      actions={<ModelActions projectId={projectId} model={model} />}
    >
      {model.description ? <p style={{ margin: 0 }}>{model.description}</p> : null}
      <Versions projectId={projectId} model={model} />
      <AsCommand command={`bml models show ${model.model_id}`} />
    </Page>
  );
}

const MOST_COMPARED = 5;

function Versions({ projectId, model }: { readonly projectId: number; readonly model: Model }) {
  const t = useT();
  const navigate = useNavigate();
  const versions = useModelVersions(projectId, model.model_id);
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const compare = (
    <Button
      icon={<SwapOutlined />}
      disabled={chosen.length < 2 || chosen.length > MOST_COMPARED}
      onClick={() => void navigate(links.versionComparison(projectId, model.model_id, [...chosen].sort((left, right) => left - right)))}
    >
      {t("models.compareChosen", { count: chosen.length })}
    </Button>
  );
  return (
    <Panel title={t("models.versions")} extra={compare}>
      <QueryView query={versions}>
        {(pages) => {
          const items = itemsOf(pages);
          if (items.length === 0) return <EmptyState title={t("models.noVersions")} text={t(model.source === "local" ? "models.noVersions.local" : "models.noVersions.trained")} />;
          return (
            <>
              <VersionTable projectId={projectId} versions={items} chosen={chosen} onChoose={setChosen} />
              <LoadMore query={versions} />
              <p className="ob-small ob-muted" style={{ margin: "8px 0 0" }}>
                {t("models.compareHelp", { most: MOST_COMPARED })}
              </p>
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}
