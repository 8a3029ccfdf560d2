import { Button, Spin, Tag } from "antd";
import { useEndValidation } from "@/api/queries/validations";
import type { Validation } from "@/api/types";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { StateTag } from "@/ui/state-tag";
import { secondsGone, secondsLeft, watchText } from "./pace";
import { useNow } from "./use-now";

interface Props {
  readonly projectId: number;
  readonly validation: Validation;
}

/** How a running validation stands: what it costs, when it ends by itself, and a way to end it now. */
export function ValidationBar({ projectId, validation }: Props) {
  const t = useT();
  const end = useEndValidation(projectId);
  return (
    <Panel>
      <div className="ob-between" data-testid="validation" data-state={validation.state}>
        <div className="ob-row">
          <span aria-live="polite">
            <StateTag kind="validation" state={validation.state} />
          </span>
          <Tag>{t("validation.free")}</Tag>
          <TimeLeft validation={validation} />
        </div>
        <Button
          loading={end.isPending}
          onClick={() => {
            end.mutate(validation.validation_id);
          }}
        >
          {t("validation.end")}
        </Button>
      </div>
      {end.error ? (
        <p role="alert" className="ob-small">
          {problemText(end.error, t)}
        </p>
      ) : null}
    </Panel>
  );
}

/** Ticks by itself, so that the form beside it is not drawn anew every second. */
function TimeLeft({ validation }: { readonly validation: Validation }) {
  const t = useT();
  const now = useNow();
  return <span className="ob-num ob-muted">{t("validation.endsIn", { left: watchText(secondsLeft(validation, now)) })}</span>;
}

/** While the model starts there is no share that is done: the time it took so far is told instead. */
export function StartingPanel({ validation }: { readonly validation: Validation }) {
  const t = useT();
  const now = useNow();
  return (
    <Panel title={t("validation.starting.title")}>
      <div className="ob-row">
        <Spin />
        <div>
          <p style={{ margin: 0 }}>{t("validation.starting.text")}</p>
          <span className="ob-small ob-muted ob-num">{t("validation.startingFor", { elapsed: watchText(secondsGone(validation, now)) })}</span>
        </div>
      </div>
    </Panel>
  );
}
