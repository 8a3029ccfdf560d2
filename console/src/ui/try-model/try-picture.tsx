import { PictureOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Button, Slider, Switch, Upload } from "antd";
import { useState, type ReactNode } from "react";
import { predictPicture, type AskedModel, type Prediction, type Wishes } from "@/api/prediction";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { CopyText } from "../copy";
import { EmptyState } from "../empty";
import { Panel } from "../page";
import { useChosenPicture, type ChosenPicture } from "./chosen-picture";
import { PredictionResults } from "./prediction-results";
import { TryFailure } from "./try-failure";

const TOP = 6;
/** Answers with its most likely classes; the other tasks with all that is above a threshold. */
const TOP_TASK = "image_classification";

interface Props {
  readonly taskType: string;
  readonly model: AskedModel;
  /** In whose name is asked, where that can be chosen. */
  readonly caller?: ReactNode;
}

/** Asks a model for a picture of this computer: classes, objects or areas, at a threshold. */
export function TryPicture({ taskType, model, caller }: Props) {
  const t = useT();
  const { picture, choose } = useChosenPicture();
  const [threshold, setThreshold] = useState<number | null>(null);
  const hasThreshold = taskType !== TOP_TASK;
  const predict = useMutation({ mutationFn: ({ image, wishes }: { image: File; wishes: Wishes }) => predictPicture(model.ask, image, wishes) });
  const send = (image: File): void => {
    choose(image);
    const wishes = hasThreshold ? (threshold === null ? {} : { threshold }) : { top_num: TOP };
    predict.mutate({ image, wishes });
  };
  return (
    <div className="ob-grid">
      <div className="ob-stack" style={{ gridColumn: "span 6" }}>
        <Panel title={t("tryIt.image")}>
          <div className="ob-stack">
            {caller}
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
            {t("field.logId")} <CopyText text={prediction.logId} />
          </span>
        ) : null}
      </div>
    </>
  );
}
