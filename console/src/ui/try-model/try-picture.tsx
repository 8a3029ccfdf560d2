import { PictureOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Button, Upload } from "antd";
import { useState, type ReactNode } from "react";
import { askWithFile, predictPicture, type AskedModel, type PredictionResult, type Wishes } from "@/api/prediction";
import { useT } from "@/i18n";
import { textsOf, type ReadText } from "./answers";
import { useChosenPicture, type ChosenPicture } from "./chosen-picture";
import { useRecorded } from "./exchange";
import { FIRST_KNOBS, KnobField } from "./knob-field";
import { PredictionResults } from "./prediction-results";
import { ReadTexts } from "./read-texts";
import { knobOf, knobRequest } from "./task-input";
import { TryPanels } from "./try-panels";

const READING = "ocr";

type Outcome = { readonly results: readonly PredictionResult[] } | { readonly texts: readonly ReadText[] };

interface Props {
  readonly taskType: string;
  readonly model: AskedModel;
  /** In whose name is asked, where that can be chosen. */
  readonly caller?: ReactNode;
}

/** Asks a model for a picture of this computer: classes, objects, areas or texts. */
export function TryPicture({ taskType, model, caller }: Props) {
  const t = useT();
  const { picture, choose } = useChosenPicture();
  const [knobs, setKnobs] = useState(FIRST_KNOBS);
  const { ask, exchange } = useRecorded(model.ask);
  const predict = useMutation({
    mutationFn: async ({ image, wishes }: { image: File; wishes: Wishes }): Promise<Outcome> => {
      if (taskType === READING) return { texts: textsOf((await askWithFile(ask, "image", image, wishes)).document) };
      return { results: (await predictPicture(ask, image, wishes)).results };
    },
  });
  const send = (image: File): void => {
    choose(image);
    predict.mutate({ image, wishes: knobRequest(taskType, knobs) });
  };
  return (
    <TryPanels
      title={t("tryIt.image")}
      state={predict}
      exchange={exchange}
      result={predict.data && picture ? <OutcomeView key={picture.address} picture={picture} outcome={predict.data} /> : null}
      input={
        <>
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
          <KnobField taskType={taskType} value={knobs} onChange={setKnobs} />
          {knobOf(taskType) !== "none" && picture ? (
            <Button
              loading={predict.isPending}
              onClick={() => {
                send(picture.file);
              }}
            >
              {t("tryIt.again")}
            </Button>
          ) : null}
        </>
      }
    />
  );
}

function OutcomeView({ picture, outcome }: { readonly picture: ChosenPicture; readonly outcome: Outcome }) {
  return "texts" in outcome ? <ReadTexts picture={picture} texts={outcome.texts} /> : <PredictionResults picture={picture} results={outcome.results} />;
}
