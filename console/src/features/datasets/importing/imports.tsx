import { useQueryClient } from "@tanstack/react-query";
import { Alert } from "antd";
import { useSyncExternalStore } from "react";
import { datasetKeys, type VersionRef } from "@/api/queries/datasets";
import { useImports } from "@/api/queries/imports";
import { itemsOf } from "@/api/queries/paging";
import type { Dataset } from "@/api/types";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { uploads } from "../upload/uploads";
import { ImportCard } from "./import-card";
import { ImportWizard } from "./import-wizard";

const FINAL = new Set(["finished", "failed", "cancelled"]);
const POLL_MS = 3000;

interface Props {
  readonly refTo: VersionRef;
  readonly dataset: Dataset;
  readonly sampleCount: number;
  readonly mayWrite: boolean;
}

export function Imports({ refTo, dataset, sampleCount, mayWrite }: Props) {
  const t = useT();
  const queries = useQueryClient();
  const local = useSyncExternalStore(uploads.subscribe, uploads.all);
  const query = useImports(refTo, POLL_MS);
  const refresh = (): void => {
    void queries.invalidateQueries({ queryKey: datasetKeys.one(refTo.projectId, refTo.datasetId) });
  };
  const running = itemsOf(query.data).some((item) => !FINAL.has(item.state));
  return (
    <div className="ob-stack">
      {mayWrite ? null : <Alert type="info" showIcon title={t("problem.noWrite")} />}
      {mayWrite && !running ? <ImportWizard refTo={refTo} dataset={dataset} hasRows={sampleCount > 0} onStarted={refresh} /> : null}
      <QueryView query={query}>
        {(data) => {
          const items = itemsOf(data);
          if (items.length === 0) {
            return (
              <Panel>
                <EmptyState title={t("imports.empty")} />
              </Panel>
            );
          }
          return (
            <>
              {items.map((item) => (
                <ImportCard
                  key={item.import_id}
                  refTo={refTo}
                  item={item}
                  upload={local.find((upload) => upload.importId === item.import_id)}
                  mayWrite={mayWrite}
                  onChange={refresh}
                />
              ))}
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </div>
  );
}
