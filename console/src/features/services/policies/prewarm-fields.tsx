import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Input, Select } from "antd";
import { useMemo } from "react";
import type { PreWarm } from "@/api/serving";
import { useT } from "@/i18n";
import { nextTimes, parseCron } from "@/ui/time/cron";
import { useMinute } from "@/ui/time/use-minute";
import { isTimeZone, ownTimeZone, timeZones } from "@/ui/time/zone";
import { LocalTime } from "@/ui/values";
import { MOST_PREWARM } from "./sleep-rules";

interface Props {
  readonly value: readonly PreWarm[];
  readonly onChange: (prewarm: readonly PreWarm[]) => void;
}

/** Times at which the service is awake before anybody calls. */
export function PreWarmFields({ value, onChange }: Props) {
  const t = useT();
  const zones = useMemo(() => timeZones().map((zone) => ({ value: zone, label: zone })), []);
  const replace = (place: number, entry: PreWarm): void => {
    onChange(value.map((known, other) => (other === place ? entry : known)));
  };
  return (
    <fieldset className="ob-choices">
      <legend>{t("services.prewarm")}</legend>
      <span className="ob-small ob-muted">{t("services.prewarmHelp")}</span>
      {value.map((entry, place) => (
        <div key={place} className="ob-stack-s" style={{ padding: "6px 0" }}>
          <div className="ob-row">
            <Input
              className="ob-mono"
              style={{ width: 180 }}
              value={entry.cron}
              status={parseCron(entry.cron) ? "" : "error"}
              aria-label={t("services.cron")}
              placeholder="0 8 * * 1-5"
              onChange={(event) => {
                replace(place, { ...entry, cron: event.target.value });
              }}
            />
            <Select showSearch style={{ width: 220 }} aria-label={t("services.zone")} value={entry.time_zone} options={zones} onChange={(time_zone: string) => { replace(place, { ...entry, time_zone }); }} />
            <Button type="text" icon={<DeleteOutlined />} aria-label={t("services.prewarmRemove", { cron: entry.cron })} onClick={() => { onChange(value.filter((_, other) => other !== place)); }} />
          </div>
          <NextTimes entry={entry} />
        </div>
      ))}
      <div>
        <Button size="small" icon={<PlusOutlined />} disabled={value.length >= MOST_PREWARM} onClick={() => { onChange([...value, { cron: "0 8 * * 1-5", time_zone: ownTimeZone() }]); }}>
          {t("services.prewarmAdd")}
        </Button>
      </div>
    </fieldset>
  );
}

const SHOWN = 3;

function NextTimes({ entry }: { readonly entry: PreWarm }) {
  const t = useT();
  const minute = useMinute();
  const times = useMemo(() => {
    const cron = parseCron(entry.cron);
    return cron && isTimeZone(entry.time_zone) ? nextTimes(cron, entry.time_zone, minute, SHOWN) : null;
  }, [entry, minute]);
  if (times === null) return <span className="ob-small ob-fault">{t("services.cronWrong")}</span>;
  if (times.length === 0) return <span className="ob-small ob-fault">{t("services.cronNever")}</span>;
  return (
    <span className="ob-small ob-muted ob-row" data-testid="next-times">
      {t("services.next")}
      {times.map((at) => (
        <LocalTime key={at} at={new Date(at).toISOString()} />
      ))}
    </span>
  );
}
