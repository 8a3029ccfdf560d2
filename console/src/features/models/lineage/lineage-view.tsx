import type { ReactNode } from "react";
import { Link } from "react-router";
import { useLineage } from "@/api/queries/repository";
import type { VersionLineage } from "@/api/serving";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { Facts, Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly projectId: number;
  readonly modelId: number;
  readonly version: number;
}

/** From the data to the services: what a version was made from, and what uses it. */
export function LineageView({ projectId, modelId, version }: Props) {
  return <QueryView query={useLineage(projectId, modelId, version)}>{(lineage) => <Stations projectId={projectId} version={version} lineage={lineage} />}</QueryView>;
}

interface StationsProps {
  readonly projectId: number;
  readonly version: number;
  readonly lineage: VersionLineage;
}

function Stations({ projectId, version, lineage }: StationsProps) {
  const t = useT();
  const { run, services } = lineage;
  const parameters = Object.entries(lineage.hyper_parameters);
  return (
    <div className="ob-stack" data-testid="lineage">
      <ol className="ob-lineage">
        <Station title={t("models.datasets")}>
          {lineage.datasets.length === 0 ? <Unknown /> : null}
          {lineage.datasets.map((source) => (
            <Link key={`${source.dataset_id}/${source.version_number}`} to={links.dataset(projectId, source.dataset_id)}>
              {`${source.dataset_id} V${source.version_number}`}
            </Link>
          ))}
        </Station>
        <Station title={t("runs.run")}>{run === null ? <span className="ob-muted">{t("models.lineage.notTrainedHere")}</span> : <Link to={links.run(projectId, run.run_id)}>{run.name}</Link>}</Station>
        <Station title={t("field.version")} isHere>
          <strong>{`V${version}`}</strong>
        </Station>
        <Station title={t("nav.services")}>
          {services.length === 0 ? <span className="ob-muted">{t("models.lineage.noServices")}</span> : null}
          {services.map((service) => (
            <span key={`${service.by}/${service.service_id ?? ""}`}>{service.service_id === null ? service.by : <Link to={links.service(projectId, service.service_id)}>{service.service_id}</Link>}</span>
          ))}
        </Station>
      </ol>
      <div className="ob-grid">
        <div style={{ gridColumn: "span 6" }}>
          <Panel title={t("models.lineage.digests")}>
            <Facts
              facts={[
                { label: t("runs.snapshot"), value: <Digest text={lineage.snapshot} /> },
                { label: t("models.code"), value: <Digest text={lineage.code_digest} /> },
                { label: t("models.content"), value: <Digest text={lineage.content_digest} /> },
                { label: t("models.image"), value: <Digest text={lineage.image_digest} /> },
              ]}
            />
          </Panel>
        </div>
        <div style={{ gridColumn: "span 6" }}>
          <Panel title={t("models.parameters")}>
            {parameters.length === 0 ? <Unknown /> : null}
            <Facts facts={parameters.map(([name, value]) => ({ label: name, value: <span className="ob-mono">{typeof value === "string" ? value : JSON.stringify(value)}</span> }))} />
          </Panel>
        </div>
      </div>
    </div>
  );
}

function Station({ title, isHere = false, children }: { readonly title: string; readonly isHere?: boolean; readonly children: ReactNode }) {
  return (
    <li data-here={isHere}>
      <span className="ob-small ob-muted">{title}</span>
      <div className="ob-stack-s">{children}</div>
    </li>
  );
}

const Unknown = () => <span className="ob-muted">–</span>;

function Digest({ text }: { readonly text: string | null }) {
  if (!text) return <Unknown />;
  return (
    <span style={{ display: "block", overflow: "hidden", textOverflow: "ellipsis" }}>
      <CopyText text={text} />
    </span>
  );
}
