import { InputNumber, Segmented } from "antd";
import type { PictureInput } from "@/api/serving";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";

interface Props {
  readonly value: PictureInput;
  readonly onChange: (picture: PictureInput) => void;
}

const CHANNELS = ["red", "green", "blue"] as const;
type Triple = PictureInput["mean"];

const replaced = ([first, second, third]: Triple, place: number, value: number): Triple => [place === 0 ? value : first, place === 1 ? value : second, place === 2 ? value : third];

/** How a picture becomes the model's input; the defaults are those of ImageNet's networks. */
export function PictureFields({ value, onChange }: Props) {
  const t = useT();
  const triple = (name: "mean" | "std") => (
    <fieldset className="ob-choices">
      <legend>{t(`imports.picture.${name}`)}</legend>
      <div className="ob-row">
        {CHANNELS.map((channel, place) => (
          <InputNumber
            key={channel}
            style={{ width: 92 }}
            step={0.001}
            value={value[name][place] ?? 0}
            aria-label={t(`imports.picture.${name}Of`, { channel: t(`imports.picture.${channel}`) })}
            onChange={(entered) => {
              onChange({ ...value, [name]: replaced(value[name], place, entered ?? 0) });
            }}
          />
        ))}
      </div>
    </fieldset>
  );
  return (
    <Panel title={t("imports.picture.title")}>
      <div className="ob-stack-s">
        <label className="ob-stack-s">
          <span>{t("imports.picture.size")}</span>
          <InputNumber
            min={15}
            max={4096}
            precision={0}
            value={value.size}
            onChange={(size) => {
              onChange({ ...value, size: size ?? value.size });
            }}
          />
        </label>
        {triple("mean")}
        {triple("std")}
        <div className="ob-row">
          <Segmented<PictureInput["channels"]> aria-label={t("imports.picture.channels")} value={value.channels} onChange={(channels) => { onChange({ ...value, channels }); }} options={[{ value: "rgb", label: "RGB" }, { value: "bgr", label: "BGR" }]} />
          <Segmented<PictureInput["layout"]> aria-label={t("imports.picture.layout")} value={value.layout} onChange={(layout) => { onChange({ ...value, layout }); }} options={[{ value: "chw", label: "NCHW" }, { value: "hwc", label: "NHWC" }]} />
          <Segmented<PictureInput["resize"]>
            aria-label={t("imports.picture.resize")}
            value={value.resize}
            onChange={(resize) => { onChange({ ...value, resize }); }}
            options={[
              { value: "cover", label: t("imports.picture.cover") },
              { value: "stretch", label: t("imports.picture.stretch") },
            ]}
          />
        </div>
      </div>
    </Panel>
  );
}
