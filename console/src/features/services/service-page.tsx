import { Alert } from "antd";
import { lazy } from "react";
import { isChangingService, serviceKeys, useService } from "@/api/queries/services";
import { useModelVersion } from "@/api/queries/models";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { useLiveQueries } from "@/live/use-live";
import { AsCommand, CopyText } from "@/ui/copy";
import { Page } from "@/ui/page";
import { PageTabs } from "@/ui/page-tabs";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { inputOf, type InputKind } from "@/ui/try-model/task-input";
import { Money } from "@/ui/values";
import { ServiceActions } from "./service-actions";
import { ServiceOverview } from "./service-overview";

const POLL_MS = 3000;

/** What the command line takes for each kind of input. */
const SENT: Readonly<Record<InputKind, string>> = {
  picture: "image.jpg",
  sound: "sound.wav",
  rows: "--row @row.json",
  text: "--request @request.json",
  pair: "--request @request.json",
  json: "--request @request.json",
};

const TryIt = lazy(async () => ({ default: (await import("./try-it")).TryIt }));
const Calls = lazy(async () => ({ default: (await import("./calls/calls")).Calls }));
const Versions = lazy(async () => ({ default: (await import("./traffic/versions-tab")).VersionsTab }));
const Policies = lazy(async () => ({ default: (await import("./policies/policies-tab")).PoliciesTab }));
const Live = lazy(async () => ({ default: (await import("./live/live-tab")).LiveTab }));
const Logs = lazy(async () => ({ default: (await import("./live/service-logs")).ServiceLogs }));

export function ServicePage() {
  const projectId = useProjectId();
  const serviceId = useIdParam("serviceId");
  const query = useService(projectId, serviceId, POLL_MS);
  return <QueryView query={query}>{(service) => <ServiceView projectId={projectId} service={service} />}</QueryView>;
}

function ServiceView({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const input = inputOf(service.task_type, useModelVersion(projectId, service.model_id, service.model_version).data?.contract);
  const isChanging = isChangingService(service.state);
  const place = { projectId, service };
  useLiveQueries(`service/${service.service_id}`, [serviceKeys.one(projectId, service.service_id)], isChanging);
  return (
    <Page
      title={service.name}
      crumbs={[{ label: t("nav.services"), to: links.services(projectId) }]}
      sub={
        <>
          <StateTag kind="service" state={service.state} />
          {service.compute_units === null ? null : (
            <span>
              <Money amount={service.price_per_hour} />
              {service.challenger ? (
                <>
                  {" + "}
                  <Money amount={service.challenger.price_per_hour} />
                </>
              ) : null}{" "}
              {t("unit.perHour")}
            </span>
          )}
          <CopyText text={service.service_id} />
        </>
      }
      actions={<ServiceActions {...place} />}
    >
      <StateNote service={service} />
      <PageTabs
        tabs={[
          { key: "overview", label: t("services.overview"), children: <ServiceOverview {...place} /> },
          { key: "versions", label: t("services.versions"), children: <Versions {...place} /> },
          { key: "try", label: input === "rows" ? t("services.whatIf") : t("services.tryIt"), children: <TryIt {...place} /> },
          { key: "live", label: t("services.live"), children: <Live {...place} /> },
          { key: "calls", label: t("services.calls"), children: <Calls {...place} /> },
          { key: "policies", label: t("services.policies"), children: <Policies {...place} /> },
          { key: "logs", label: t("services.logs"), children: <Logs {...place} /> },
        ]}
      />
      <AsCommand command={`bml services predict ${service.service_id} ${SENT[input]}`} />
    </Page>
  );
}

function StateNote({ service }: { readonly service: Service }) {
  const t = useT();
  if (service.failure) return <Alert type="error" showIcon role="alert" title={service.failure.message} description={t("services.failedRemedy")} />;
  if (service.state === "unconfigured") return <Alert type="info" showIcon title={t("services.unconfigured")} />;
  if (service.state === "sleeping") return <Alert type="info" showIcon title={t("services.sleeping")} />;
  if (service.state === "waking") return <Alert type="info" showIcon title={t("services.waking")} />;
  return isChangingService(service.state) ? <Alert type="info" showIcon title={t("services.changing")} /> : null;
}
