import { CloudServerOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import { lazy } from "react";
import { useNavigate } from "react-router";
import { isPublishing, useModel, useModelVersion } from "@/api/queries/models";
import { useFrameworkName } from "@/api/queries/repository";
import type { ModelVersionDetail } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { PageTabs } from "@/ui/page-tabs";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";
import { ExportVersion } from "./export-version";
import { VersionOverview } from "./version-overview";

const ApiReference = lazy(async () => ({ default: (await import("./api-reference/api-reference")).ApiReference }));
const Validate = lazy(async () => ({ default: (await import("./validate/validate")).Validate }));
const LineageView = lazy(async () => ({ default: (await import("./lineage/lineage-view")).LineageView }));
const ModelCard = lazy(async () => ({ default: (await import("./card/model-card")).ModelCard }));
const VersionPerformance = lazy(async () => ({ default: (await import("./version-performance")).VersionPerformance }));

export function ModelVersionPage() {
  const projectId = useProjectId();
  const modelId = useIdParam("modelId");
  const versionNumber = useIdParam("versionNumber");
  const query = useModelVersion(projectId, modelId, versionNumber);
  return <QueryView query={query}>{(version) => <VersionView projectId={projectId} version={version} />}</QueryView>;
}

interface ViewProps {
  readonly projectId: number;
  readonly version: ModelVersionDetail;
}

function VersionView({ projectId, version }: ViewProps) {
  const t = useT();
  const model = useModel(projectId, version.model_id);
  const name = model.data?.name ?? "";
  const frameworkName = useFrameworkName(projectId);
  const isUsable = !isPublishing(version.state) && version.state !== "failed";
  const place = { projectId, modelId: version.model_id, version: version.version_number };
  return (
    <Page
      title={`${name} V${version.version_number}`}
      crumbs={[
        { label: t("nav.models"), to: links.models(projectId) },
        { label: name, to: links.model(projectId, version.model_id) },
      ]}
      sub={
        <>
          <StateTag kind="model" state={version.state} />
          <span>{frameworkName(version)}</span>
          {version.deployed ? <span>{t("models.online")}</span> : null}
          <LocalTime at={version.created_at} />
        </>
      }
      actions={<Actions projectId={projectId} version={version} isUsable={isUsable} />}
    >
      <PageTabs
        tabs={[
          { key: "overview", label: t("services.overview"), children: <VersionOverview projectId={projectId} version={version} /> },
          {
            key: "validate",
            label: t("models.validate"),
            children: version.can_validate ? (
              <Validate projectId={projectId} version={version} isUsable={isUsable} />
            ) : (
              <Panel>
                <EmptyState title={t("models.cannotValidate")} />
              </Panel>
            ),
          },
          { key: "performance", label: t("performance.title"), children: <VersionPerformance projectId={projectId} version={version} /> },
          { key: "lineage", label: t("models.lineage"), children: <LineageView {...place} /> },
          { key: "card", label: t("models.card"), children: <ModelCard {...place} /> },
          ...(version.contract === "framework" ? [] : [{ key: "api", label: t("models.api"), children: <ApiReference {...place} /> }]),
        ]}
      />
      <AsCommand command={`bml services deploy NAME --model ${version.model_id} --model-version ${version.version_number}`} />
    </Page>
  );
}

function Actions({ projectId, version, isUsable }: ViewProps & { readonly isUsable: boolean }) {
  const t = useT();
  const navigate = useNavigate();
  const isServed = version.deployments.includes("cloud");
  return (
    <>
      <ExportVersion projectId={projectId} modelId={version.model_id} version={version.version_number} isDisabled={!isUsable} />
      <Tooltip title={isServed ? undefined : t("models.edgeOnly")}>
        <Button
          type="primary"
          icon={<CloudServerOutlined />}
          disabled={!isUsable || !isServed}
          onClick={() => void navigate(links.deploy(projectId, version.model_id, version.version_number))}
        >
          {t("services.deploy")}
        </Button>
      </Tooltip>
    </>
  );
}
