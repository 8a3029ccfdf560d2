import { InboxOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { App, Upload } from "antd";
import { useSyncExternalStore } from "react";
import { datasetKeys, useImports, type VersionRef } from "@/api/queries/datasets";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { ImportCard } from "./import-card";
import { refuseArchive } from "./archive-check";
import { uploads } from "./upload/uploads";

const FINAL = new Set(["finished", "failed", "cancelled"]);
const POLL_MS = 3000;

interface Props {
  readonly refTo: VersionRef;
  readonly mayWrite: boolean;
}

export function Imports({ refTo, mayWrite }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const local = useSyncExternalStore(uploads.subscribe, uploads.all);
  const query = useImports(refTo, POLL_MS);
  const refresh = (): void => {
    void queries.invalidateQueries({ queryKey: datasetKeys.one(refTo.projectId, refTo.datasetId) });
  };
  const begin = (file: File): void => {
    const reason = refuseArchive(file);
    if (reason) {
      void message.error(t(reason));
      return;
    }
    uploads.start(refTo, file, refresh).then(refresh, (error: unknown) => void message.error(problemText(error, t)));
  };
  const busy = query.data?.items.some((item) => !FINAL.has(item.state)) ?? false;
  return (
    <div className="ob-stack">
      {mayWrite && !busy ? (
        <Panel title={t("imports.start")}>
          <Upload.Dragger
            accept=".zip,application/zip"
            multiple={false}
            showUploadList={false}
            beforeUpload={(file) => {
              begin(file);
              return false;
            }}
          >
            <p style={{ fontSize: 30, margin: "4px 0" }} aria-hidden>
              <InboxOutlined />
            </p>
            <p style={{ margin: 0, fontWeight: 600 }}>{t("imports.drop")}</p>
            <p className="ob-muted ob-small" style={{ margin: "6px auto 4px", maxWidth: 640 }}>
              {t("imports.format")}
            </p>
          </Upload.Dragger>
        </Panel>
      ) : null}
      <QueryView query={query}>
        {(data) =>
          data.items.length === 0 ? (
            <Panel>
              <EmptyState title={t("imports.empty")} />
            </Panel>
          ) : (
            <>
              {data.items.map((item) => (
                <ImportCard
                  key={item.import_id}
                  refTo={refTo}
                  item={item}
                  upload={local.find((upload) => upload.importId === item.import_id)}
                  mayWrite={mayWrite}
                  onChange={refresh}
                />
              ))}
            </>
          )
        }
      </QueryView>
    </div>
  );
}
