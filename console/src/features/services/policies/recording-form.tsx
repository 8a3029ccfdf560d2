import { InputNumber, Radio, Switch } from "antd";
import { useState } from "react";
import { useSetRecording } from "@/api/queries/service-changes";
import { RECORD_MODES, type Recording } from "@/api/serving";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { SaveDraft } from "./save-draft";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly mayWrite: boolean;
}

/** Which calls are kept for looking at; statistics count all of them. */
export function RecordingForm({ projectId, service, mayWrite }: Props) {
  const t = useT();
  const [draft, setDraft] = useState(service.recording);
  const set = useSetRecording(projectId, service.service_id);
  return (
    <Panel title={t("services.recording")}>
      <div className="ob-stack-s">
        <Radio.Group
          className="ob-choices"
          aria-label={t("services.recording")}
          value={draft.mode}
          onChange={(event) => {
            setDraft({ ...draft, mode: event.target.value as Recording["mode"] });
          }}
        >
          {RECORD_MODES.map((mode) => (
            <Radio key={mode} value={mode}>
              {t(`services.record.${mode}`)}
            </Radio>
          ))}
        </Radio.Group>
        {draft.mode === "sampled" ? (
          <label className="ob-row">
            <span>{t("services.recordShare")}</span>
            <InputNumber min={1} max={100} precision={0} suffix="%" value={draft.percent} onChange={(percent) => { setDraft({ ...draft, percent: percent ?? draft.percent }); }} />
          </label>
        ) : null}
        <label className="ob-row">
          <Switch size="small" checked={draft.keep_inputs} aria-label={t("services.keepInputs")} onChange={(keep_inputs) => { setDraft({ ...draft, keep_inputs }); }} />
          <span>{t("services.keepInputs")}</span>
        </label>
        <span className="ob-small ob-muted">{t("services.keepInputsHelp")}</span>
        <SaveDraft draft={draft} saved={service.recording} saving={set} mayWrite={mayWrite} />
      </div>
    </Panel>
  );
}
