import { useState } from "react";
import { Link } from "react-router";
import type { AskedModel } from "@/api/prediction";
import { useApplications } from "@/api/queries/identity";
import { useModelVersion } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import { isAnswering } from "@/api/queries/services";
import type { Application, Service } from "@/api/types";
import { useT } from "@/i18n";
import { TryMessages } from "@/i18n/try-messages";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { TryModel } from "@/ui/try-model/try-model";
import { ApplicationSelect } from "./application-select";
import { ServiceCaller } from "./service-caller";

const services = new ServiceCaller(window.location.origin, (url, init) => fetch(url, init), () => performance.now());

interface Props {
  readonly projectId: number;
  readonly service: Service;
}

/** Asks the service at its public address, with a token of one of the person's applications. */
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
  if (!isAnswering(service.state)) {
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
  const version = useModelVersion(projectId, service.model_id, service.model_version);
  const application = others.find((candidate) => candidate.app_id === appId) ?? first;
  const keys = { apiKey: application.api_key, secretKey: application.secret_key };
  const model: AskedModel = { name: `${service.url} ${application.app_id}`, ask: (request) => services.ask(service.url, keys, request) };
  const caller = <ApplicationSelect applications={[first, ...others]} value={application.app_id} onChange={setAppId} />;
  return <QueryView query={version}>{(data) => <TryModel taskType={service.task_type} version={data} model={model} caller={caller} />}</QueryView>;
}
