import { Alert, DatePicker, InputNumber, Radio, Select } from "antd";
import dayjs from "dayjs";
import { useMemo } from "react";
import { SCHEDULE_UNITS, type BatchScheduleRequest, type Rhythm } from "@/api/batch";
import { useT } from "@/i18n";
import { useMinute } from "@/ui/time/use-minute";
import { ownTimeZone, timeZones } from "@/ui/time/zone";
import { LocalTime } from "@/ui/values";
import { nextRuns } from "./rhythm";

export function firstRhythm(): Rhythm {
  return { unit: "day", every: 1, starts_at: dayjs().add(1, "hour").startOf("hour").toISOString(), ends_at: null, time_zone: ownTimeZone() };
}

interface Props {
  readonly value: Rhythm;
  readonly onChange: (rhythm: Rhythm) => void;
  readonly missed: BatchScheduleRequest["missed"];
  readonly onMissed: (missed: BatchScheduleRequest["missed"]) => void;
}

const SHOWN = 4;

/** How often it runs, from when to when, with the times that come of it. */
export function RhythmFields({ value, onChange, missed, onMissed }: Props) {
  const t = useT();
  const zones = useMemo(() => timeZones().map((zone) => ({ value: zone, label: zone })), []);
  const minute = useMinute();
  const runs = useMemo(() => nextRuns(value, minute, SHOWN), [value, minute]);
  return (
    <div className="ob-stack" data-testid="rhythm">
      <div className="ob-row">
        <span>{t("batch.every")}</span>
        <InputNumber min={1} max={1000} precision={0} value={value.every} aria-label={t("batch.every")} style={{ width: 90 }} onChange={(every) => { onChange({ ...value, every: every ?? value.every }); }} />
        <Select style={{ width: 130 }} aria-label={t("batch.unit")} value={value.unit} options={SCHEDULE_UNITS.map((unit) => ({ value: unit, label: t(`batch.unit.${unit}`) }))} onChange={(unit: Rhythm["unit"]) => { onChange({ ...value, unit }); }} />
        <Select showSearch style={{ width: 220 }} aria-label={t("batch.zone")} value={value.time_zone} options={zones} onChange={(time_zone: string) => { onChange({ ...value, time_zone }); }} />
      </div>
      <div className="ob-row">
        <label className="ob-stack-s">
          <span>{t("batch.from")}</span>
          <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} aria-label={t("batch.from")} value={dayjs(value.starts_at)} onChange={(at) => { if (at) onChange({ ...value, starts_at: at.second(0).millisecond(0).toISOString() }); }} />
        </label>
        <label className="ob-stack-s">
          <span>{t("batch.until")}</span>
          <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" placeholder={t("batch.forever")} aria-label={t("batch.until")} value={value.ends_at === null ? null : dayjs(value.ends_at)} onChange={(at) => { onChange({ ...value, ends_at: at ? at.second(0).millisecond(0).toISOString() : null }); }} />
        </label>
      </div>
      <Radio.Group className="ob-choices" aria-label={t("batch.missed")} value={missed} onChange={(event) => { onMissed(event.target.value as BatchScheduleRequest["missed"]); }}>
        <Radio value="run_once">{t("batch.missed.run_once")}</Radio>
        <Radio value="skip">{t("batch.missed.skip")}</Radio>
      </Radio.Group>
      {runs.length === 0 ? (
        <Alert type="warning" showIcon title={t("batch.noRuns")} />
      ) : (
        <span className="ob-row ob-small ob-muted" data-testid="next-runs">
          {t("batch.next")}
          {runs.map((at) => (
            <LocalTime key={at} at={new Date(at).toISOString()} />
          ))}
        </span>
      )}
    </div>
  );
}
