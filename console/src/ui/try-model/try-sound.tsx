import { SoundOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Upload } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { askWithFile, type AskedModel } from "@/api/prediction";
import { useT } from "@/i18n";
import { EmptyState } from "../empty";
import { ScoreBars } from "../score-bars";
import { scoresOf } from "./answers";
import { Microphone } from "./audio/microphone";
import { LONGEST_S } from "./audio/wav";
import { useRecorded } from "./exchange";
import { FIRST_KNOBS, KnobField } from "./knob-field";
import { TryPanels } from "./try-panels";

const TASK = "audio_classification";

interface Props {
  readonly model: AskedModel;
  readonly caller?: ReactNode;
}

/** Asks a model for a sound: a file, or what the microphone hears. */
export function TrySound({ model, caller }: Props) {
  const t = useT();
  const [address, setAddress] = useState<string | null>(null);
  const [knobs, setKnobs] = useState(FIRST_KNOBS);
  const { ask, exchange } = useRecorded(model.ask);
  const predict = useMutation({ mutationFn: async (sound: Blob) => scoresOf((await askWithFile(ask, "sound", sound, { top_num: knobs.top })).document) });
  useEffect(
    () => () => {
      if (address !== null) URL.revokeObjectURL(address);
    },
    [address],
  );
  const send = (sound: Blob): void => {
    setAddress(URL.createObjectURL(sound));
    predict.mutate(sound);
  };
  return (
    <TryPanels
      title={t("tryIt.sound")}
      state={predict}
      exchange={exchange}
      result={predict.data ? predict.data.length === 0 ? <EmptyState title={t("tryIt.nothing")} /> : <ScoreBars results={predict.data} /> : null}
      input={
        <>
          {caller}
          <Upload.Dragger
            accept="audio/mpeg,audio/mp4,audio/wav,.mp3,.m4a,.wav"
            multiple={false}
            showUploadList={false}
            beforeUpload={(sound) => {
              send(sound);
              return false;
            }}
          >
            <SoundOutlined style={{ fontSize: 32 }} aria-hidden />
            <p style={{ margin: "8px 0 0", fontWeight: 600 }}>{t("tryIt.dropSound")}</p>
            <p className="ob-muted ob-small" style={{ margin: "2px 0" }}>
              {t("tryIt.soundLimits", { seconds: LONGEST_S })}
            </p>
          </Upload.Dragger>
          <Microphone isBusy={predict.isPending} onSound={send} />
          {address ? <audio controls src={address} aria-label={t("tryIt.heard")} style={{ width: "100%" }} /> : null}
          <KnobField taskType={TASK} value={knobs} onChange={setKnobs} />
        </>
      }
    />
  );
}
