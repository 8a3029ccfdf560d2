import { Alert, Tabs } from "antd";
import { Link, useSearchParams } from "react-router";
import { useModel } from "@/api/queries/models";
import { isChangingService, serviceKeys, useService } from "@/api/queries/services";
import { TABULAR_TASK } from "@/api/tabular";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { useLiveQueries } from "@/live/use-live";
import { AsCommand, CopyText } from "@/ui/copy";
import { Facts, Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime, Money } from "@/ui/values";
import { CallRecords } from "./call-records";
import { ServiceActions } from "./service-actions";
import { Snippets } from "./snippets";
import { TryIt } from "./try-it";

const POLL_MS = 3000;

export function ServicePage() {
  const projectId = useProjectId();
  const serviceId = useIdParam("serviceId");
  const query = useService(projectId, serviceId, POLL_MS);
  return <QueryView query={query}>{(service) => <ServiceView projectId={projectId} service={service} />}</QueryView>;
}

function ServiceView({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const [params, setParams] = useSearchParams();
  const changing = isChangingService(service.state);
  useLiveQueries(`service/${service.service_id}`, [serviceKeys.one(projectId, service.service_id)], changing);
  return (
    <Page
      title={service.name}
      crumbs={[{ label: t("nav.services"), to: links.services(projectId) }]}
      sub={
        <>
          <StateTag kind="service" state={service.state} />
          <span>
            <Money amount={service.price_per_hour} /> {t("unit.perHour")}
          </span>
          <CopyText text={service.service_id} />
        </>
      }
      actions={<ServiceActions projectId={projectId} service={service} />}
    >
      {service.failure ? (
        <Alert type="error" showIcon role="alert" title={service.failure.message} description={t("services.failedRemedy")} />
      ) : null}
      {changing ? <Alert type="info" showIcon title={t("services.changing")} /> : null}
      <Tabs
        activeKey={params.get("tab") ?? "overview"}
        onChange={(tab) => {
          setParams({ tab }, { replace: true });
        }}
        items={[
          { key: "overview", label: t("services.overview"), children: <Overview projectId={projectId} service={service} /> },
          { key: "try", label: service.task_type === TABULAR_TASK ? t("services.whatIf") : t("services.tryIt"), children: <TryIt projectId={projectId} service={service} /> },
          { key: "calls", label: t("services.calls"), children: <CallRecords projectId={projectId} serviceId={service.service_id} /> },
        ]}
      />
      <AsCommand command={`bml services predict ${service.service_id} ${service.task_type === TABULAR_TASK ? "rows.json" : "image.jpg"}`} />
    </Page>
  );
}

function Overview({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const model = useModel(projectId, service.model_id);
  return (
    <div className="ob-stack">
      <Panel title={t("services.address")}>
        <span className="ob-mono" style={{ overflowWrap: "anywhere" }} data-testid="service-url">
          <CopyText text={service.url} />
        </span>
      </Panel>
      <div className="ob-grid">
        <div style={{ gridColumn: "span 5" }}>
          <Panel title={t("services.facts")}>
            <Facts
              facts={[
                {
                  label: t("services.model"),
                  value: (
                    <Link to={links.modelVersion(projectId, service.model_id, service.model_version)}>
                      {`${model.data?.name ?? service.model_id} V${service.model_version}`}
                    </Link>
                  ),
                },
                { label: t("services.units"), value: String(service.compute_units) },
                { label: t("services.instances"), value: String(service.instances) },
                { label: t("services.perHour"), value: <Money amount={service.price_per_hour} /> },
                { label: t("field.created"), value: <LocalTime at={service.created_at} /> },
                { label: t("services.since"), value: <LocalTime at={service.running_since} /> },
              ]}
            />
          </Panel>
        </div>
        <div style={{ gridColumn: "span 7" }}>
          <Snippets url={service.url} />
        </div>
      </div>
    </div>
  );
}
