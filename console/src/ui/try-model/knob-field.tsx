import { InputNumber, Slider, Switch } from "antd";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { knobOf, type KnobValues } from "./task-input";

export const FIRST_KNOBS: KnobValues = { top: 6, threshold: null };
const FIRST_THRESHOLD = 0.5;

interface Props {
  readonly taskType: string;
  readonly value: KnobValues;
  readonly onChange: (values: KnobValues) => void;
}

/** How many classes, or from which score on; some tasks have neither. */
export function KnobField({ taskType, value, onChange }: Props) {
  const t = useT();
  const format = useFormat();
  const knob = knobOf(taskType);
  if (knob === "none") return null;
  if (knob === "top") {
    return (
      <label className="ob-row">
        <span>{t("tryIt.top")}</span>
        <InputNumber min={1} max={100} precision={0} value={value.top} onChange={(top) => { onChange({ ...value, top: top ?? value.top }); }} />
      </label>
    );
  }
  return (
    <div className="ob-stack-s">
      <span className="ob-row">
        <Switch
          size="small"
          checked={value.threshold === null}
          aria-label={t("tryIt.recommendedThreshold")}
          onChange={(isRecommended) => {
            onChange({ ...value, threshold: isRecommended ? null : FIRST_THRESHOLD });
          }}
        />
        {t("tryIt.recommendedThreshold")}
      </span>
      {value.threshold === null ? null : (
        <div className="ob-row" style={{ flexWrap: "nowrap" }}>
          <span className="ob-num">{t("tryIt.threshold", { value: format.number(value.threshold, 2) })}</span>
          <Slider style={{ flex: 1 }} min={0} max={1} step={0.01} value={value.threshold} onChange={(threshold) => { onChange({ ...value, threshold }); }} ariaLabelForHandle={t("metric.recommended_threshold")} />
        </div>
      )}
    </div>
  );
}
