import { Alert, App, Button, DatePicker, InputNumber, Radio } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { useSetSleepPolicy } from "@/api/queries/service-changes";
import { WHILE_ASLEEP, type SleepRules } from "@/api/serving";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { PreWarmFields } from "./prewarm-fields";
import { FIRST_VALUES, LONGEST_IDLE, sleepFault, sleepRequest, type SleepValues } from "./sleep-rules";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly mayWrite: boolean;
}

/** When a service gives its resources back, and what then becomes of calls (spec 03 section 9.4). */
export function SleepForm({ projectId, service, mayWrite }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const policy = service.sleep_policy;
  const [values, setValues] = useState<SleepValues>(policy ?? FIRST_VALUES);
  const set = useSetSleepPolicy(projectId, service.service_id);
  const fault = sleepFault(values);
  const change = (part: Partial<SleepValues>): void => {
    setValues({ ...values, ...part });
  };
  const send = (rules: SleepRules | null): void => {
    set.mutate(rules, { onError: (error) => void message.error(problemText(error, t)) });
  };
  return (
    <Panel title={t("services.sleep")} extra={<span className="ob-muted">{t("services.policyNow", { state: t(`services.policy.${policy?.state ?? "none"}`) })}</span>}>
      <div className="ob-stack" data-testid="sleep-policy">
        <label className="ob-stack-s">
          <span>{t("services.idle")}</span>
          <InputNumber min={1} max={LONGEST_IDLE} precision={0} value={values.idle_minutes} suffix={t("services.idleUnit")} style={{ width: 200 }} onChange={(idle_minutes) => { change({ idle_minutes }); }} />
          <span className="ob-small ob-muted">{t("services.idleHelp")}</span>
        </label>
        <div className="ob-row">
          <Moment label={t("services.validFrom")} value={values.starts_at} onChange={(starts_at) => { change({ starts_at }); }} />
          <Moment label={t("services.validUntil")} value={values.ends_at} onChange={(ends_at) => { change({ ends_at }); }} />
        </div>
        <fieldset className="ob-choices">
          <legend>{t("services.whileAsleep")}</legend>
          <Radio.Group value={values.while_asleep} onChange={(event) => { change({ while_asleep: event.target.value as SleepValues["while_asleep"] }); }} className="ob-choices">
            {WHILE_ASLEEP.map((way) => (
              <Radio key={way} value={way}>
                {t(`services.asleep.${way}`)}
                <span className="ob-small ob-muted" style={{ display: "block" }}>
                  {t(`services.asleep.${way}Help`)}
                </span>
              </Radio>
            ))}
          </Radio.Group>
        </fieldset>
        <PreWarmFields value={values.prewarm} onChange={(prewarm) => { change({ prewarm }); }} />
        {fault === null ? null : <Alert type="error" showIcon role="alert" title={t(`services.sleepFault.${fault}`)} />}
        <div className="ob-row">
          <Button type="primary" disabled={!mayWrite || fault !== null} loading={set.isPending && set.variables !== null} onClick={() => { send(sleepRequest(values)); }}>
            {t("services.sleepSave")}
          </Button>
          {policy ? (
            <Button danger disabled={!mayWrite} loading={set.isPending && set.variables === null} onClick={() => { send(null); }}>
              {t("services.sleepRemove")}
            </Button>
          ) : null}
        </div>
      </div>
    </Panel>
  );
}

interface MomentProps {
  readonly label: string;
  readonly value: string | null;
  readonly onChange: (at: string | null) => void;
}

function Moment({ label, value, onChange }: MomentProps) {
  const t = useT();
  return (
    <label className="ob-stack-s">
      <span>{label}</span>
      <DatePicker
        showTime={{ format: "HH:mm" }}
        format="YYYY-MM-DD HH:mm"
        placeholder={t("services.always")}
        aria-label={label}
        value={value === null ? null : dayjs(value)}
        onChange={(at) => {
          onChange(at ? at.second(0).millisecond(0).toISOString() : null);
        }}
      />
    </label>
  );
}
