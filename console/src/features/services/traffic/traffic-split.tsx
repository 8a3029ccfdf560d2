import { App, Button, Slider, Switch } from "antd";
import { useState } from "react";
import { useSplitTraffic } from "@/api/queries/service-changes";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { isChanged, sharesOf, withShare } from "./split";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly mayWrite: boolean;
}

/** How the calls are split between the two versions; nothing changes until it is applied. */
export function TrafficSplit({ projectId, service, mayWrite }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [draft, setDraft] = useState(service.traffic);
  const split = useSplitTraffic(projectId, service.service_id);
  const shares = sharesOf(draft);
  const names = { main: `V${service.model_version}`, challenger: `V${service.challenger?.model_version ?? ""}` };
  return (
    <Panel title={t("services.split")}>
      <div className="ob-stack" data-testid="split">
        <div className="ob-between">
          <span className="ob-num">{t("services.splitShare", { version: names.main, share: shares.main })}</span>
          <span className="ob-num">{t("services.splitShare", { version: names.challenger, share: shares.challenger })}</span>
        </div>
        <Slider
          min={0}
          max={100}
          disabled={draft.shadow || !mayWrite}
          value={draft.challenger_share}
          ariaLabelForHandle={t("services.shareOf", { version: names.challenger })}
          tooltip={{ formatter: (value) => `${value ?? 0} %` }}
          onChange={(share) => {
            setDraft(withShare(draft, share));
          }}
        />
        <label className="ob-row">
          <Switch
            size="small"
            checked={draft.sticky}
            disabled={!mayWrite}
            onChange={(sticky) => {
              setDraft({ ...draft, sticky });
            }}
            aria-label={t("services.sticky")}
          />
          <span>{t("services.sticky")}</span>
          <span className="ob-small ob-muted">{t("services.stickyHelp")}</span>
        </label>
        <label className="ob-row">
          <Switch
            size="small"
            checked={draft.shadow}
            disabled={!mayWrite}
            onChange={(shadow) => {
              setDraft({ ...draft, shadow });
            }}
            aria-label={t("services.shadow")}
          />
          <span>{t("services.shadow")}</span>
          <span className="ob-small ob-muted">{t("services.shadowHelp")}</span>
        </label>
        <div className="ob-row">
          <Button
            type="primary"
            disabled={!mayWrite || !isChanged(draft, service.traffic)}
            loading={split.isPending}
            onClick={() => {
              split.mutate(draft, { onError: (error) => void message.error(problemText(error, t)) });
            }}
          >
            {t("services.splitApply")}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
