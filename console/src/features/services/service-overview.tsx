import { Link } from "react-router";
import { useModel } from "@/api/queries/models";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { Facts, Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { LocalTime, Money } from "@/ui/values";
import { useSizeText } from "./size-text";
import { Snippets } from "./snippets";

export function ServiceOverview({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const sizeText = useSizeText();
  const model = useModel(projectId, service.model_id);
  return (
    <div className="ob-stack">
      <Panel title={t("services.address")} extra={<Link to={links.applications(projectId)}>{t("services.keys")}</Link>}>
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
                { label: t("services.size"), value: sizeText(service) },
                { label: t("services.variant"), value: service.variant },
                { label: t("services.image"), value: <span className="ob-mono">{service.image}</span> },
                { label: t("services.perHour"), value: <Money amount={service.compute_units === null ? null : service.price_per_hour} /> },
                { label: t("services.policyState"), value: t(`services.policy.${service.sleep_policy?.state ?? "none"}`) },
                { label: t("field.created"), value: <LocalTime at={service.created_at} /> },
                { label: t("services.since"), value: <LocalTime at={service.running_since} /> },
                { label: t("services.lastCall"), value: <LocalTime at={service.last_call_at} /> },
              ]}
            />
          </Panel>
        </div>
        <div style={{ gridColumn: "span 7" }}>
          <Snippets projectId={projectId} serviceId={service.service_id} />
        </div>
      </div>
    </div>
  );
}
