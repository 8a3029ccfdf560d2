import { PictureOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Button, Skeleton, Slider, Switch, Upload } from "antd";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import { useApplications } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import { TABULAR_TASK } from "@/api/tabular";
import type { Application, Service } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { ApplicationSelect } from "./application-select";
import { useChosenPicture, type ChosenPicture } from "./chosen-picture";
import { Predictor, type Prediction, type Wishes } from "./prediction";
import { PredictionResults } from "./prediction-results";
import { TryFailure } from "./try-failure";

const TOP = 6;
/** Answers with its most likely classes; the other tasks with all that is above a threshold. */
const TOP_TASK = "image_classification";
const WhatIf = lazy(async () => ({ default: (await import("./what-if/what-if")).WhatIf }));
const predictor = new Predictor(window.location.origin, (url, init) => fetch(url, init), () => performance.now());

/** Sends a picture, or rows of a table, to the service's public address, with a token of one of the person's applications. */
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
        if (service.task_type !== TABULAR_TASK) return <TryForm service={service} applications={items} />;
        return (
          <Suspense fallback={<Skeleton active />}>
            <WhatIf projectId={projectId} service={service} applications={items} />
          </Suspense>
        );
      }}
    </QueryView>
  );
}

function TryForm({ service, applications }: { readonly service: Service; readonly applications: readonly Application[] }) {
  const t = useT();
  const [appId, setAppId] = useState(applications[0]?.app_id);
  const { picture, choose } = useChosenPicture();
  const [threshold, setThreshold] = useState<number | null>(null);
  const hasThreshold = service.task_type !== TOP_TASK;
  const application = applications.find((candidate) => candidate.app_id === appId) ?? applications[0];
  const predict = useMutation({
    mutationFn: ({ image, owner, wishes }: { image: File; owner: Application; wishes: Wishes }) =>
      predictor.predict(service.url, { apiKey: owner.api_key, secretKey: owner.secret_key }, image, wishes),
  });
  const send = (image: File): void => {
    choose(image);
    const wishes = hasThreshold ? (threshold === null ? {} : { threshold }) : { top_num: TOP };
    if (application) predict.mutate({ image, owner: application, wishes });
  };
  return (
    <div className="ob-grid">
      <div className="ob-stack" style={{ gridColumn: "span 6" }}>
        <Panel title={t("tryIt.image")}>
          <div className="ob-stack">
            <ApplicationSelect applications={applications} value={application?.app_id ?? null} onChange={setAppId} />
            <Upload.Dragger
              accept="image/jpeg,image/png,image/bmp"
              multiple={false}
              showUploadList={false}
              beforeUpload={(image) => {
                send(image);
                return false;
              }}
            >
              {picture ? (
                <img src={picture.address} alt={picture.file.name} style={{ maxWidth: "100%", maxHeight: 280, minHeight: 120, objectFit: "contain" }} />
              ) : (
                <PictureOutlined style={{ fontSize: 32 }} aria-hidden />
              )}
              <p style={{ margin: "8px 0 0", fontWeight: 600 }}>{t("tryIt.drop")}</p>
              <p className="ob-muted ob-small" style={{ margin: "2px 0" }}>
                {t("tryIt.limits")}
              </p>
            </Upload.Dragger>
            {hasThreshold ? <ThresholdChoice value={threshold} onChange={setThreshold} /> : null}
            {hasThreshold && picture ? (
              <Button
                loading={predict.isPending}
                onClick={() => {
                  send(picture.file);
                }}
              >
                {t("tryIt.again")}
              </Button>
            ) : null}
          </div>
        </Panel>
      </div>
      <div style={{ gridColumn: "span 6" }}>
        <Panel title={t("tryIt.result")}>
          <div aria-live="polite" className="ob-stack">
            {predict.isPending ? <p className="ob-muted">{t("tryIt.waiting")}</p> : null}
            {predict.error ? <TryFailure error={predict.error} /> : null}
            {predict.data && picture ? <Outcome key={picture.address} picture={picture} prediction={predict.data} /> : null}
            {predict.isIdle ? <EmptyState title={t("tryIt.empty")} /> : null}
          </div>
        </Panel>
      </div>
    </div>
  );
}

interface ThresholdProps {
  /** Null: the model's recommended threshold. */
  readonly value: number | null;
  readonly onChange: (threshold: number | null) => void;
}

const FIRST_THRESHOLD = 0.5;

function ThresholdChoice({ value, onChange }: ThresholdProps) {
  const t = useT();
  const format = useFormat();
  return (
    <div className="ob-stack-s">
      <span className="ob-row">
        <Switch
          size="small"
          checked={value === null}
          aria-label={t("tryIt.recommendedThreshold")}
          onChange={(recommended) => {
            onChange(recommended ? null : FIRST_THRESHOLD);
          }}
        />
        {t("tryIt.recommendedThreshold")}
      </span>
      {value === null ? null : (
        <div className="ob-row" style={{ flexWrap: "nowrap" }}>
          <span className="ob-num">{t("tryIt.threshold", { value: format.number(value, 2) })}</span>
          <Slider style={{ flex: 1 }} min={0} max={1} step={0.01} value={value} onChange={onChange} ariaLabelForHandle={t("metric.recommended_threshold")} />
        </div>
      )}
    </div>
  );
}

function Outcome({ picture, prediction }: { readonly picture: ChosenPicture; readonly prediction: Prediction }) {
  const t = useT();
  const format = useFormat();
  return (
    <>
      <PredictionResults picture={picture} results={prediction.results} />
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
