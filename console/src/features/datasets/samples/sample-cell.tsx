import { Checkbox } from "antd";
import type { Sample, Schemas } from "@/api/types";
import { useT } from "@/i18n";
import { TextContent } from "./text-content";

interface Props {
  readonly sample: Sample;
  readonly content: Schemas["Content"];
  readonly selected: boolean;
  readonly onSelect: (selected: boolean) => void;
  readonly onOpen: () => void;
  readonly place: number;
  readonly tabbable: boolean;
}

/** One sample in the grid: its content, its labels, a box to select it. */
export function SampleCell({ sample, content, selected, onSelect, onOpen, place, tabbable }: Props) {
  const t = useT();
  const labels = labelText(sample, content, t("samples.unlabelled"), (value) => t(`samples.similar.${value}`));
  return (
    <div className={`ob-sample ob-sample-${content}`} data-selected={selected}>
      <Checkbox
        className="ob-sample-check"
        checked={selected}
        tabIndex={tabbable ? 0 : -1}
        aria-label={t("samples.select", { name: sample.name })}
        onChange={(event) => {
          onSelect(event.target.checked);
        }}
      />
      <button type="button" data-place={place} tabIndex={tabbable ? 0 : -1} onClick={onOpen} aria-label={`${sample.name}: ${labels}`}>
        {content === "image" ? <img src={sample.thumbnail_url ?? ""} alt="" loading="lazy" decoding="async" /> : null}
        {content === "sound" ? <span className="ob-sample-text">{sample.name}</span> : null}
        {sample.texts.length > 0 ? (
          <span className="ob-sample-text">
            <TextContent content={content} texts={sample.texts} annotation={sample.annotation} />
          </span>
        ) : null}
        <span className="ob-sample-labels">{labels}</span>
      </button>
      {content === "sound" && sample.content_url ? <audio controls preload="none" src={sample.content_url} aria-label={sample.name} tabIndex={tabbable ? 0 : -1} /> : null}
    </div>
  );
}

function labelText(sample: Sample, content: Schemas["Content"], none: string, similar: (value: "0" | "1") => string): string {
  if (!sample.labelled) return none;
  const names = Object.entries(sample.label_counts).map(([name, count]) => (count > 1 ? `${name} ×${count}` : name));
  if (content === "pair") return names.map((name) => (name === "1" || name === "0" ? similar(name) : name)).join(", ");
  const read = sample.annotation?.regions.map((region) => region.text).filter(Boolean) ?? [];
  return [...names, ...read].join(", ") || none;
}
