import { Link } from "react-router";
import { useDatasets } from "@/api/queries/datasets";
import { useModels } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import { useServices } from "@/api/queries/services";
import { useExperiments } from "@/api/queries/training";
import { useT, type MessageKey } from "@/i18n";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { LocalTime } from "@/ui/values";

const SHOWN = 8;

interface Recent {
  readonly kind: MessageKey;
  readonly name: string;
  readonly to: string;
  readonly at: string;
}

export function RecentObjects({ projectId }: { readonly projectId: number }) {
  const t = useT();
  const datasets = itemsOf(useDatasets(projectId).data);
  const experiments = itemsOf(useExperiments(projectId).data);
  const models = itemsOf(useModels(projectId).data);
  const services = itemsOf(useServices(projectId).data);
  const recent: Recent[] = [
    ...datasets.map((item) => ({ kind: "kind.dataset" as const, name: item.name, to: links.dataset(projectId, item.dataset_id), at: item.created_at })),
    ...experiments.map((item) => ({ kind: "kind.experiment" as const, name: item.name, to: links.experiment(projectId, item.experiment_id), at: item.created_at })),
    ...models.map((item) => ({ kind: "kind.model" as const, name: item.name, to: links.model(projectId, item.model_id), at: item.created_at })),
    ...services.map((item) => ({ kind: "kind.service" as const, name: item.name, to: links.service(projectId, item.service_id), at: item.created_at })),
  ]
    .sort((left, right) => right.at.localeCompare(left.at))
    .slice(0, SHOWN);
  return (
    <Panel title={t("home.recent")}>
      {recent.length === 0 ? (
        <p className="ob-muted" style={{ margin: 0 }}>
          {t("home.noneRecent")}
        </p>
      ) : (
        <ul className="ob-list">
          {recent.map((item) => (
            <li key={item.to}>
              <span style={{ minWidth: 0, display: "flex", gap: 8 }}>
                <span className="ob-muted ob-small" style={{ width: 74, flex: "none" }}>
                  {t(item.kind)}
                </span>
                <Link to={item.to}>{item.name}</Link>
              </span>
              <span className="ob-muted ob-small" style={{ whiteSpace: "nowrap" }}>
                <LocalTime at={item.at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
