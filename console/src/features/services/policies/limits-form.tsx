import { InputNumber } from "antd";
import { useState } from "react";
import { useSetLimits } from "@/api/queries/service-changes";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { SaveDraft } from "./save-draft";

const KINDS = ["qps", "daily", "total"] as const;

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly mayWrite: boolean;
}

/** How often each application may call; empty is as often as it likes. */
export function LimitsForm({ projectId, service, mayWrite }: Props) {
  const t = useT();
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
        <SaveDraft draft={draft} saved={service.limits} saving={set} mayWrite={mayWrite} />
      </div>
    </Panel>
  );
}
