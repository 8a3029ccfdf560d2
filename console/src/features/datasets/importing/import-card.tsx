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
import { OtherFileError, uploads, type Upload } from "../upload/uploads";
import { ImportReport } from "./import-report";

interface Props {
  readonly refTo: VersionRef;
  readonly item: DataImport;
  readonly upload: Upload | undefined;
  readonly mayWrite: boolean;
  readonly onChange: () => void;
}

const REPORTED = ["rejected", "skipped", "cut", "changed", "duplicate", "ignored"] as const;
const COUNTS = ["accepted", "duplicate", "replaced", "rejected", "skipped", "cut", "changed", "ignored", "unlabelled"] as const;
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
            <ImportTitle item={item} />
            <StateTag kind="import" state={item.state} />
            {item.size_bytes > 0 ? <span className="ob-muted ob-small">{format.bytes(item.size_bytes)}</span> : null}
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
        {!active && (REPORTED.some((name) => item.counts[name] > 0) || item.state === "failed") ? <ImportReport refTo={refTo} item={item} /> : null}
      </div>
    </Panel>
  );
}

function ImportTitle({ item }: { readonly item: DataImport }) {
  const t = useT();
  const maybeT = useMaybeT();
  if (item.source) {
    return (
      <strong>
        {t("imports.fromVersion", { dataset: String(item.source.dataset_id), version: item.source.version_number })} · {t(`imports.take.${item.source.take}`)}
      </strong>
    );
  }
  return (
    <>
      <strong style={{ overflowWrap: "anywhere" }}>
        {item.files.length > 1 ? t("imports.filesOf", { name: item.filename, count: item.files.length - 1 }) : item.filename}
      </strong>
      <span className="ob-muted ob-small">{maybeT(`format.${item.format}`) ?? item.format}</span>
    </>
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
      {COUNTS.filter((name) => name === "accepted" || item.counts[name] > 0).map((name) => (
          <span key={name}>{t(`imports.count.${name}`, { count: item.counts[name] })}</span>
        ))}
    </div>
  );
}

function ImportActions({ refTo, item, upload, onChange }: Omit<Props, "mayWrite">) {
  const t = useT();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const resumeWith = (files: readonly File[]): void => {
    setBusy(true);
    uploads
      .resume(refTo, item.import_id, files, onChange)
      .catch((error: unknown) => {
        const other = error instanceof OtherFileError;
        void message.error(other ? t("imports.otherFile", { name: error.expected.name }) : problemText(error, t));
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
            resumeWith(upload.files);
          }}
        >
          {t("imports.resume")}
        </Button>
      ) : null}
      {item.state === "uploading" && !upload ? (
        <FilePicker
          multiple={item.files.length > 1}
          showUploadList={false}
          beforeUpload={(file, chosen) => {
            if (file === chosen.at(-1)) resumeWith(chosen);
            return false;
          }}
        >
          <Button size="small" type="primary" loading={busy}>
            {t("imports.resumeWithFile", { count: item.files.length })}
          </Button>
        </FilePicker>
      ) : null}
      <Button size="small" disabled={busy} onClick={cancel}>
        {t("action.cancel")}
      </Button>
    </div>
  );
}
