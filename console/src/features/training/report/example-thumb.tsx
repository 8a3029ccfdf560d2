import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT, type Translate } from "@/i18n";
import { MarkedPicture } from "@/ui/picture/marked-picture";
import { marksOf, type MistakeFilter } from "./mistakes";
import type { WrongExample } from "./report";

interface Props {
  readonly example: WrongExample;
  readonly filter: MistakeFilter;
  readonly withRight: boolean;
  readonly onOpen: () => void;
}

/** One line on what is wrong with an example. */
export function sentenceOf(example: WrongExample, t: Translate): string {
  if (typeof example.true === "string") return t("report.wrongPair", { true: example.true, predicted: String(example.predicted) });
  if (example.per_label) return t("report.wrongPixels", { labels: example.per_label.map((part) => part.label).join(", ") });
  return t("report.wrongObjects", { falsePositives: example.false_positives?.length ?? 0, missed: example.missed?.length ?? 0 });
}

export function ExampleThumb({ example, filter, withRight, onOpen }: Props) {
  const t = useT();
  const format = useFormat();
  const marks = useMemo(() => marksOf(example, filter, withRight, { percent: (value) => format.percent(value, 0) }), [example, filter, withRight, format]);
  const picture = example.thumbnail_url;
  return (
    <button type="button" className="ob-thumb" onClick={onOpen} aria-label={`${example.name}: ${sentenceOf(example, t)}`}>
      {picture && example.width && example.height ? (
        <span className="ob-thumb-marked">
          <MarkedPicture src={picture} alt={example.name} width={example.width} height={example.height} marks={marks} maxHeight="150px" />
        </span>
      ) : null}
      {picture && !example.width ? <img src={picture} alt={example.name} loading="lazy" decoding="async" /> : null}
      <div>{sentenceOf(example, t)}</div>
    </button>
  );
}
