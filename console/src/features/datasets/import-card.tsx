import { App, Button, Progress, Upload as FilePicker } from "antd";
import { useState } from "react";
import { datasetKeys, type VersionRef } from "@/api/queries/datasets";
import type { DataImport } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { useLiveQueries } from "@/live/use-live";
import { CopyText } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";
import { ImportProblems } from "./import-problems";
import { OtherFileError, uploads, type Upload } from "./upload/uploads";

interface Props {
  readonly refTo: VersionRef;
  readonly item: DataImport;
  readonly upload: Upload | undefined;
  readonly mayWrite: boolean;
  readonly onChange: () => void;
}

const ON_THE_WAY = new Set(["uploading", "planning", "importing"]);

export function ImportCard({ refTo, item, upload, mayWrite, onChange }: Props) {
  const format = useFormat();
  const active = ON_THE_WAY.has(item.state);
  useLiveQueries(`import/${item.import_id}`, [datasetKeys.one(refTo.projectId, refTo.datasetId)], active);
  return (
    <Panel>
      <div className="ob-stack-s" data-testid="import" data-state={item.state}>
        <div className="ob-between">
          <div className="ob-row">
            <strong>{item.filename}</strong>
            <StateTag kind="import" state={item.state} />
            <span className="ob-muted ob-small">{format.bytes(item.size_bytes)}</span>
            <span className="ob-muted ob-small">
              <LocalTime at={item.created_at} />
            </span>
            <CopyText text={item.import_id} />
          </div>
          {active && mayWrite ? <ImportActions refTo={refTo} item={item} upload={upload} onChange={onChange} /> : null}
        </div>
        {item.state === "uploading" ? <UploadProgress item={item} upload={upload} /> : null}
        {item.state === "planning" || item.state === "importing" ? <ServerProgress item={item} /> : null}
        {item.failure ? <Failure failure={item.failure} /> : null}
        {item.state === "uploading" ? null : <Counts item={item} />}
        {item.counts.rejected > 0 || item.state === "failed" ? <ImportProblems refTo={refTo} importId={item.import_id} /> : null}
      </div>
    </Panel>
  );
}

function UploadProgress({ item, upload }: { readonly item: DataImport; readonly upload: Upload | undefined }) {
  const t = useT();
  const format = useFormat();
  if (!upload) return <p className="ob-muted">{t("imports.paused")}</p>;
  const share = item.size_bytes > 0 ? upload.sentBytes / item.size_bytes : 0;
  const percent = Math.min(100, Math.floor(share * 100));
  if (upload.state === "failed") {
    return (
      <div role="alert">
        <Progress percent={percent} status="exception" aria-label={t("imports.uploading")} />
        <span>{t("imports.uploadFailed", { reason: problemText(upload.error, t) })}</span>
      </div>
    );
  }
  return (
    <div>
      <Progress percent={percent} aria-label={t("imports.uploading")} />
      <span className="ob-muted ob-small ob-num">
        {t("imports.sent", { sent: format.bytes(upload.sentBytes), total: format.bytes(item.size_bytes) })}
      </span>
    </div>
  );
}

function ServerProgress({ item }: { readonly item: DataImport }) {
  const t = useT();
  const { entries_done: done, entries_total: total } = item.progress;
  return (
    <div>
      <Progress percent={total > 0 ? Math.floor((done / total) * 100) : 0} status="active" aria-label={t("imports.importing")} />
      <span className="ob-muted ob-small ob-num">
        {total > 0 ? t("imports.entries", { done, total }) : t("imports.reading")}
      </span>
    </div>
  );
}

function Failure({ failure }: { readonly failure: { readonly reason: string; readonly message: string } }) {
  const t = useT();
  const maybeT = useMaybeT();
  return (
    <div role="alert" className="ob-stack-s">
      <strong>{maybeT(`imports.failure.${failure.reason}`) ?? t("imports.failed")}</strong>
      <span>{failure.message}</span>
      <span className="ob-muted">{maybeT(`imports.remedy.${failure.reason}`)}</span>
    </div>
  );
}

function Counts({ item }: { readonly item: DataImport }) {
  const t = useT();
  return (
    <div className="ob-row ob-small ob-muted ob-num">
      {(["accepted", "duplicate", "rejected", "ignored", "unlabelled"] as const)
        .filter((name) => name === "accepted" || item.counts[name] > 0)
        .map((name) => (
          <span key={name}>{t(`imports.count.${name}`, { count: item.counts[name] })}</span>
        ))}
    </div>
  );
}

function ImportActions({ refTo, item, upload, onChange }: Omit<Props, "mayWrite">) {
  const t = useT();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const resumeWith = (file: File): void => {
    setBusy(true);
    uploads
      .resume(refTo, item.import_id, file, onChange)
      .catch((error: unknown) => {
        const other = error instanceof OtherFileError;
        void message.error(other ? t("imports.otherFile", { name: error.expected.filename }) : problemText(error, t));
      })
      .finally(() => {
        setBusy(false);
      });
  };
  const cancel = (): void => {
    setBusy(true);
    uploads
      .cancel(refTo, item.import_id)
      .then(onChange, (error: unknown) => void message.error(problemText(error, t)))
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <div className="ob-row">
      {item.state === "uploading" && upload?.state === "failed" ? (
        <Button
          size="small"
          type="primary"
          loading={busy}
          onClick={() => {
            resumeWith(upload.file);
          }}
        >
          {t("imports.resume")}
        </Button>
      ) : null}
      {item.state === "uploading" && !upload ? (
        <FilePicker
          accept=".zip"
          showUploadList={false}
          beforeUpload={(file) => {
            resumeWith(file);
            return false;
          }}
        >
          <Button size="small" type="primary" loading={busy}>
            {t("imports.resumeWithFile")}
          </Button>
        </FilePicker>
      ) : null}
      <Button size="small" disabled={busy} onClick={cancel}>
        {t("action.cancel")}
      </Button>
    </div>
  );
}
