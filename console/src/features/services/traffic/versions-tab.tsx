import { Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { Facts, Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { StateTag } from "@/ui/state-tag";
import { LocalTime, Money } from "@/ui/values";
import { useSizeText } from "../size-text";
import { AddVersion } from "./add-version";
import { ComparisonPanel } from "./comparison-panel";
import { ChallengerActions } from "./challenger-actions";
import { sharesOf } from "./split";
import { TrafficSplit } from "./traffic-split";

interface Props {
  readonly projectId: number;
  readonly service: Service;
}

/** One version online, or two at a time that share the calls. */
export function VersionsTab({ projectId, service }: Props) {
  const t = useT();
  const [adding, setAdding] = useState(false);
  const mayWrite = usePermissions(projectId).has("services.write");
  const { challenger } = service;
  const shares = sharesOf(service.traffic);
  const mayAdd = service.actions.includes("add_version");
  return (
    <div className="ob-stack" data-testid="versions">
      <div className="ob-grid">
        <div style={{ gridColumn: "span 6" }}>
          <OnlineVersion
            title={t("services.role.main")}
            projectId={projectId}
            modelId={service.model_id}
            online={{ ...service, share: challenger ? shares.main : 100 }}
          />
        </div>
        <div style={{ gridColumn: "span 6" }}>
          {challenger ? (
            <OnlineVersion title={t("services.role.challenger")} projectId={projectId} modelId={service.model_id} online={{ ...challenger, share: shares.challenger }} actions={<ChallengerActions projectId={projectId} service={service} challenger={challenger} />} />
          ) : (
            <Panel title={t("services.role.challenger")}>
              <EmptyState
                title={t("services.noSecond.title")}
                text={t(mayAdd ? "services.noSecond.text" : "services.noSecond.notNow")}
                action={
                  <Button
                    disabled={!mayAdd || !mayWrite}
                    onClick={() => {
                      setAdding(true);
                    }}
                  >
                    {t("services.addVersion")}
                  </Button>
                }
              />
            </Panel>
          )}
        </div>
      </div>
      {challenger ? (
        <>
          <TrafficSplit key={JSON.stringify(service.traffic)} projectId={projectId} service={service} mayWrite={mayWrite} />
          <ComparisonPanel projectId={projectId} serviceId={service.service_id} />
        </>
      ) : null}
      {adding ? (
        <AddVersion
          projectId={projectId}
          service={service}
          onClose={() => {
            setAdding(false);
          }}
        />
      ) : null}
    </div>
  );
}

interface Online {
  readonly model_version: number;
  readonly variant: string;
  readonly compute_units: number | null;
  readonly instances: number | null;
  readonly state: string;
  readonly failure: { readonly message: string } | null;
  readonly running_since: string | null;
  readonly price_per_hour: string;
  readonly share: number;
}

interface OnlineProps {
  readonly title: string;
  readonly projectId: number;
  readonly modelId: number;
  readonly online: Online;
  readonly actions?: React.ReactNode;
}

function OnlineVersion({ title, projectId, modelId, online, actions }: OnlineProps) {
  const t = useT();
  const sizeText = useSizeText();
  return (
    <Panel title={title} extra={actions}>
      <Facts
        facts={[
          { label: t("field.version"), value: <Link to={links.modelVersion(projectId, modelId, online.model_version)}>{`V${online.model_version}`}</Link> },
          { label: t("field.state"), value: <StateTag kind="service" state={online.state} /> },
          { label: t("services.share"), value: <span className="ob-num">{`${online.share} %`}</span> },
          { label: t("services.size"), value: sizeText(online) },
          { label: t("services.variant"), value: online.variant },
          { label: t("services.perHour"), value: <Money amount={online.compute_units === null ? null : online.price_per_hour} /> },
          { label: t("services.since"), value: <LocalTime at={online.running_since} /> },
          ...(online.failure ? [{ label: t("services.failure"), value: <span className="ob-fault">{online.failure.message}</span> }] : []),
        ]}
      />
    </Panel>
  );
}
