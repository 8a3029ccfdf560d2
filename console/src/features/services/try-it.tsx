import { Skeleton } from "antd";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Link } from "react-router";
import type { AskedModel } from "@/api/prediction";
import { useApplications } from "@/api/queries/identity";
import { useModelVersion } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import { TABULAR_TASK } from "@/api/tabular";
import type { Application, Service } from "@/api/types";
import { useT } from "@/i18n";
import { TryMessages } from "@/i18n/try-messages";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { TryPicture } from "@/ui/try-model/try-picture";
import { ApplicationSelect } from "./application-select";
import { ServiceCaller } from "./service-caller";

const WhatIf = lazy(async () => ({ default: (await import("@/ui/what-if/what-if")).WhatIf }));
const services = new ServiceCaller(window.location.origin, (url, init) => fetch(url, init), () => performance.now());

interface Props {
  readonly projectId: number;
  readonly service: Service;
}

/** Sends a picture, or rows of a table, to the service's public address, with a token of one of the person's applications. */
export function TryIt(props: Props) {
  return (
    <TryMessages>
      <TryRunning {...props} />
    </TryMessages>
  );
}

function TryRunning({ projectId, service }: Props) {
  const t = useT();
  const applications = useApplications();
  if (service.state !== "running" && service.state !== "updating") {
    return (
      <Panel>
        <EmptyState title={t("tryIt.notRunning.title")} text={t("tryIt.notRunning.text")} />
      </Panel>
    );
  }
  return (
    <QueryView query={applications}>
      {(data) => {
        const [first, ...others] = itemsOf(data);
        if (first) return <TryAs projectId={projectId} service={service} first={first} others={others} />;
        return (
          <Panel>
            <EmptyState
              title={t("tryIt.noApplication.title")}
              text={t("tryIt.noApplication.text")}
              action={<Link to={links.applications(projectId)}>{t("applications.create")}</Link>}
            />
          </Panel>
        );
      }}
    </QueryView>
  );
}

interface CallerProps extends Props {
  readonly first: Application;
  readonly others: readonly Application[];
}

function TryAs({ projectId, service, first, others }: CallerProps) {
  const [appId, setAppId] = useState(first.app_id);
  const application = others.find((candidate) => candidate.app_id === appId) ?? first;
  const keys = { apiKey: application.api_key, secretKey: application.secret_key };
  const model: AskedModel = { name: `${service.url} ${application.app_id}`, ask: (request) => services.ask(service.url, keys, request) };
  const caller = <ApplicationSelect applications={[first, ...others]} value={application.app_id} onChange={setAppId} />;
  if (service.task_type !== TABULAR_TASK) return <TryPicture taskType={service.task_type} model={model} caller={caller} />;
  return (
    <Suspense fallback={<Skeleton active />}>
      <TryTable projectId={projectId} service={service} model={model} caller={caller} />
    </Suspense>
  );
}

function TryTable({ projectId, service, model, caller }: Props & { readonly model: AskedModel; readonly caller: ReactNode }) {
  const version = useModelVersion(projectId, service.model_id, service.model_version);
  return <QueryView query={version}>{(data) => <WhatIf table={data.table ?? null} threshold={data.recommended_threshold} model={model} caller={caller} />}</QueryView>;
}
