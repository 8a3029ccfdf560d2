import { Link } from "react-router";
import { useDatasetVersions, type VersionRef } from "@/api/queries/datasets";
import { useDerivations, useMadeBy, type Derivation } from "@/api/queries/data-jobs";
import { useImports } from "@/api/queries/imports";
import { itemsOf } from "@/api/queries/paging";
import type { DataImport } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";
import { TrainedModels } from "../trained-models";

const VERSIONS_LOOKED_AT = 10;

/** What a version was made from and what was made from it. */
export function Lineage({ refTo }: { readonly refTo: VersionRef }) {
  const t = useT();
  const imports = useImports(refTo, false);
  return (
    <div className="ob-stack">
      <Panel title={t("lineage.from")}>
        <div className="ob-stack-s">
          <MadeBy refTo={refTo} />
          <QueryView query={imports}>
            {(data) => {
              const taken = itemsOf(data).filter((item) => item.state === "finished");
              if (taken.length === 0) return <span className="ob-muted">{t("lineage.nothing")}</span>;
              return (
                <ul className="ob-list" aria-label={t("lineage.from")}>
                  {taken.map((item) => (
                    <ImportSource key={item.import_id} refTo={refTo} item={item} />
                  ))}
                </ul>
              );
            }}
          </QueryView>
        </div>
      </Panel>
      <Panel title={t("lineage.derived")}>
        <Derived refTo={refTo} />
      </Panel>
      <Panel title={t("datasets.models")}>
        <TrainedModels refTo={refTo} />
      </Panel>
    </div>
  );
}

function ImportSource({ refTo, item }: { readonly refTo: VersionRef; readonly item: DataImport }) {
  const t = useT();
  const maybeT = useMaybeT();
  const source = item.source;
  return (
    <li>
      <span>
        {source ? (
          <Link to={`${links.dataset(refTo.projectId, source.dataset_id)}?version=${source.version_number}`}>
            {t("imports.fromVersion", { dataset: String(source.dataset_id), version: source.version_number })}
          </Link>
        ) : (
          <span style={{ overflowWrap: "anywhere" }}>{item.filename || t("lineage.byJob")}</span>
        )}
        <span className="ob-muted ob-small"> {source ? t(`imports.take.${source.take}`) : maybeT(`format.${item.format}`)}</span>
      </span>
      <span className="ob-muted ob-small ob-num">
        {t("imports.count.accepted", { count: item.counts.accepted })} · <LocalTime at={item.finished_at} />
      </span>
    </li>
  );
}

function MadeBy({ refTo }: { readonly refTo: VersionRef }) {
  const t = useT();
  const versions = useDatasetVersions(refTo.projectId, refTo.datasetId);
  const earlier = (versions.data?.items ?? []).map((version) => version.version_number).filter((number) => number < refTo.versionNumber);
  const job = useMadeBy(refTo, earlier.slice(0, VERSIONS_LOOKED_AT));
  if (!job) return null;
  return (
    <p style={{ margin: 0 }}>
      {t(`lineage.madeBy.${job.kind === "cleaning" ? "cleaning" : "augmentation"}`)}{" "}
      <Link to={`${links.dataset(refTo.projectId, refTo.datasetId)}?version=${job.version_number}`}>{`V${job.version_number}`}</Link>
    </p>
  );
}

function Derived({ refTo }: { readonly refTo: VersionRef }) {
  const t = useT();
  const cleanings = useDerivations(refTo, "cleanings");
  const augmentations = useDerivations(refTo, "augmentations");
  return (
    <QueryView query={cleanings}>
      {(first) => (
        <QueryView query={augmentations}>
          {(second) => {
            const jobs: Derivation[] = [...itemsOf(first), ...itemsOf(second)];
            if (jobs.length === 0) return <span className="ob-muted">{t("lineage.nothing")}</span>;
            return (
              <ul className="ob-list" aria-label={t("lineage.derived")}>
                {jobs.map((job) => (
                  <li key={job.job_id}>
                    <span className="ob-row">
                      {t(`derive.${job.kind === "cleaning" ? "cleanings" : "augmentations"}`)}
                      <Link to={`${links.dataset(refTo.projectId, refTo.datasetId)}?version=${job.target_version_number}`}>{`V${job.target_version_number}`}</Link>
                      <StateTag kind="job" state={job.state} />
                    </span>
                    <span className="ob-muted ob-small">
                      <LocalTime at={job.created_at} />
                    </span>
                  </li>
                ))}
              </ul>
            );
          }}
        </QueryView>
      )}
    </QueryView>
  );
}
