import { App, Button, InputNumber } from "antd";
import { useState } from "react";
import { useSetLimits } from "@/api/queries/service-changes";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";

const KINDS = ["qps", "daily", "total"] as const;

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly mayWrite: boolean;
}

/** How often each application may call; empty is as often as it likes. */
export function LimitsForm({ projectId, service, mayWrite }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [draft, setDraft] = useState(service.limits);
  const set = useSetLimits(projectId, service.service_id);
  return (
    <Panel title={t("services.limits")}>
      <div className="ob-stack-s">
        <span className="ob-small ob-muted">{t("services.limitsHelp")}</span>
        {KINDS.map((kind) => (
          <label key={kind} className="ob-between">
            <span>{t(`services.limit.${kind}`)}</span>
            <InputNumber min={1} precision={0} style={{ width: 150 }} placeholder={t("services.noLimit")} value={draft[kind] ?? null} onChange={(value) => { setDraft({ ...draft, [kind]: value }); }} />
          </label>
        ))}
        <div>
          <Button
            type="primary"
            disabled={!mayWrite || JSON.stringify(draft) === JSON.stringify(service.limits)}
            loading={set.isPending}
            onClick={() => {
              set.mutate(draft, { onError: (error) => void message.error(problemText(error, t)) });
            }}
          >
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
