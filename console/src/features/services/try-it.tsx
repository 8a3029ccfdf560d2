import { PictureOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Select, Upload } from "antd";
import { useEffect, useMemo, useState } from "react";
import { Link } from "react-router";
import { useApplications } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import type { Application, Service } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { ScoreBars } from "@/ui/score-bars";
import { PredictionError, Predictor } from "./prediction";

const TOP = 6;
const predictor = new Predictor(window.location.origin, (url, init) => fetch(url, init), () => performance.now());

/** Sends a picture to the service's public address, with a token of one of the person's applications. */
export function TryIt({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const applications = useApplications();
  if (service.state !== "running" && service.state !== "updating") {
    return (
      <Panel>
        <EmptyState title={t("tryIt.notRunning.title")} text={t("tryIt.notRunning.text")} />
      </Panel>
    );
  }
  return (
    <QueryView query={applications}>
      {(data) => {
        const items = itemsOf(data);
        if (items.length === 0) {
          return (
            <Panel>
              <EmptyState
                title={t("tryIt.noApplication.title")}
                text={t("tryIt.noApplication.text")}
                action={<Link to={links.applications(projectId)}>{t("applications.create")}</Link>}
              />
            </Panel>
          );
        }
        return <TryForm service={service} applications={items} />;
      }}
    </QueryView>
  );
}

function TryForm({ service, applications }: { readonly service: Service; readonly applications: readonly Application[] }) {
  const t = useT();
  const [appId, setAppId] = useState(applications[0]?.app_id);
  const [file, setFile] = useState<File | null>(null);
  const application = applications.find((candidate) => candidate.app_id === appId) ?? applications[0];
  const predict = useMutation({
    mutationFn: ({ image, owner }: { image: File; owner: Application }) =>
      predictor.predict(service.url, { apiKey: owner.api_key, secretKey: owner.secret_key }, image, TOP),
  });
  const send = (image: File): void => {
    setFile(image);
    if (application) predict.mutate({ image, owner: application });
  };
  return (
    <div className="ob-grid">
      <div className="ob-stack" style={{ gridColumn: "span 6" }}>
        <Panel title={t("tryIt.image")}>
          <div className="ob-stack">
            <label className="ob-stack-s">
              <span>{t("tryIt.application")}</span>
              <Select
                aria-label={t("tryIt.application")}
                value={application?.app_id ?? null}
                onChange={setAppId}
                options={applications.map((candidate) => ({ value: candidate.app_id, label: candidate.name }))}
              />
            </label>
            <Upload.Dragger
              accept="image/jpeg,image/png,image/bmp"
              multiple={false}
              showUploadList={false}
              beforeUpload={(image) => {
                send(image);
                return false;
              }}
            >
              {file ? <Preview file={file} /> : <PictureOutlined style={{ fontSize: 32 }} aria-hidden />}
              <p style={{ margin: "8px 0 0", fontWeight: 600 }}>{t("tryIt.drop")}</p>
              <p className="ob-muted ob-small" style={{ margin: "2px 0" }}>
                {t("tryIt.limits")}
              </p>
            </Upload.Dragger>
          </div>
        </Panel>
      </div>
      <div style={{ gridColumn: "span 6" }}>
        <Panel title={t("tryIt.result")}>
          <div aria-live="polite" className="ob-stack">
            {predict.isPending ? <p className="ob-muted">{t("tryIt.waiting")}</p> : null}
            {predict.error ? <TryFailure error={predict.error} /> : null}
            {predict.data ? <Outcome prediction={predict.data} /> : null}
            {predict.isIdle ? <EmptyState title={t("tryIt.empty")} /> : null}
          </div>
        </Panel>
      </div>
    </div>
  );
}

function Outcome({ prediction }: { readonly prediction: { results: readonly { name: string; score: number }[]; tookMs: number; logId: string } }) {
  const t = useT();
  const format = useFormat();
  return (
    <>
      <ScoreBars results={prediction.results} />
      <div className="ob-row ob-small ob-muted">
        <span>{t("tryIt.took", { ms: format.number(prediction.tookMs) })}</span>
        {prediction.logId ? (
          <span>
            {t("tryIt.logId")} <CopyText text={prediction.logId} />
          </span>
        ) : null}
      </div>
    </>
  );
}

function TryFailure({ error }: { readonly error: Error }) {
  const t = useT();
  const maybeT = useMaybeT();
  if (!(error instanceof PredictionError)) return <Alert type="error" showIcon role="alert" title={t("problem.offline.remedy")} />;
  const title = error.message ? t("tryIt.failedWith", { code: String(error.errorCode), message: error.message }) : t("tryIt.failed", { code: String(error.errorCode) });
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={title}
      description={maybeT(`tryIt.remedy.${error.errorCode}`) ?? (error.logId ? t("tryIt.quoteLogId", { id: error.logId }) : undefined)}
    />
  );
}

function Preview({ file }: { readonly file: File }) {
  const url = useMemo(() => URL.createObjectURL(file), [file]);
  useEffect(
    () => () => {
      URL.revokeObjectURL(url);
    },
    [url],
  );
  return <img src={url} alt={file.name} style={{ maxWidth: "100%", maxHeight: 280, minHeight: 120, objectFit: "contain" }} />;
}
