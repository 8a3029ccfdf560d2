import { theme } from "antd";
import { useMaybeT } from "@/i18n";

type Tone = "good" | "busy" | "bad" | "idle";

const TONES: Readonly<Record<string, Tone>> = {
  running: "good",
  succeeded: "good",
  finished: "good",
  import_finished: "good",
  ready: "good",
  published: "good",
  failed: "bad",
  import_failed: "bad",
  smart_labelling: "busy",
  preparing: "busy",
  queued: "busy",
  uploading: "busy",
  planning: "busy",
  importing: "busy",
  starting: "busy",
  deploying: "busy",
  updating: "busy",
  waking: "busy",
  stopping: "busy",
  publishing: "busy",
  deleting: "busy",
};

interface Props {
  readonly state: string;
  /** A running job is still going on; a running service is simply fine. */
  readonly kind: "run" | "import" | "dataset" | "service" | "model" | "job" | "search" | "trial" | "validation";
}

/** State by word and colour; a dot that pulses while something goes on. */
export function StateTag({ state, kind }: Props) {
  const { token } = theme.useToken();
  const maybeT = useMaybeT();
  const tone = (kind === "run" || kind === "job" || kind === "search" || kind === "trial") && state === "running" ? "busy" : (TONES[state] ?? "idle");
  const colours: Record<Tone, string> = {
    good: token.colorSuccess,
    busy: token.colorPrimary,
    bad: token.colorError,
    idle: token.colorTextSecondary,
  };
  return (
    <span className="ob-state-tag" data-tone={tone} data-state={state}>
      <span className="ob-dot" style={{ color: colours[tone] }} aria-hidden />
      {maybeT(`state.${kind}.${state}`) ?? state}
    </span>
  );
}
