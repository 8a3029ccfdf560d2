import { AudioOutlined } from "@ant-design/icons";
import { Alert, Button, Progress } from "antd";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useT } from "@/i18n";
import { MicrophoneError, startRecording, type Recording } from "./recorder";
import { LONGEST_S } from "./wav";

interface Props {
  readonly isBusy: boolean;
  readonly onSound: (wav: Blob) => void;
}

const TICK_MS = 100;

/** Records a sound and hands it over as WAV; ends by itself where a model takes no more. */
export function Microphone({ isBusy, onSound }: Props) {
  const t = useT();
  const [begun, setBegun] = useState<number | null>(null);
  const [seconds, setSeconds] = useState(0);
  const [failure, setFailure] = useState<MicrophoneError | null>(null);
  const recording = useRef<Recording | null>(null);
  const fail = (error: unknown): void => {
    if (!(error instanceof MicrophoneError)) throw error;
    setFailure(error);
  };
  const finish = (): void => {
    const current = recording.current;
    recording.current = null;
    setBegun(null);
    current?.finish().then(onSound, fail);
  };
  const tick = useEffectEvent((since: number) => {
    const gone = (performance.now() - since) / 1000;
    setSeconds(gone);
    if (gone >= LONGEST_S) finish();
  });
  useEffect(() => {
    if (begun === null) return undefined;
    const timer = window.setInterval(() => {
      tick(begun);
    }, TICK_MS);
    return () => {
      window.clearInterval(timer);
    };
  }, [begun]);
  useEffect(
    () => () => {
      recording.current?.drop();
    },
    [],
  );
  const start = (): void => {
    setFailure(null);
    setSeconds(0);
    startRecording().then((started) => {
      recording.current = started;
      setBegun(performance.now());
    }, fail);
  };
  return (
    <div className="ob-stack-s" data-testid="microphone">
      <div className="ob-row">
        {begun === null ? (
          <Button icon={<AudioOutlined />} disabled={isBusy} onClick={start}>
            {t("tryIt.record")}
          </Button>
        ) : (
          <Button danger type="primary" icon={<AudioOutlined />} onClick={finish}>
            {t("tryIt.recordEnd")}
          </Button>
        )}
        {begun === null ? null : <Progress style={{ flex: 1, minWidth: 120 }} percent={Math.min(100, (100 * seconds) / LONGEST_S)} format={() => t("duration.seconds", { seconds: Math.floor(seconds) })} aria-label={t("tryIt.recording")} />}
      </div>
      {failure ? <Alert type="error" showIcon role="alert" title={t(`tryIt.microphone.${failure.reason}`)} description={t(`tryIt.microphoneRemedy.${failure.reason}`)} /> : null}
    </div>
  );
}
