import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { CopyButton } from "../copy";
import { EmptyState } from "../empty";
import type { Mark } from "../picture/marked-picture";
import type { ReadText } from "./answers";
import type { ChosenPicture } from "./chosen-picture";
import { MarkedChoice } from "./marked-choice";

/** Texts read from a picture: their quadrilaterals over it, and the lines below. */
export function ReadTexts({ picture, texts }: { readonly picture: ChosenPicture; readonly texts: readonly ReadText[] }) {
  const t = useT();
  const format = useFormat();
  const marks = useMemo(() => texts.filter((read) => read.points.length > 2).map((read): Mark => ({ label: read.name || read.text, text: read.name ? read.text : null, tone: "label", polygons: [read.points] })), [texts]);
  if (texts.length === 0) return <EmptyState title={t("tryIt.nothing")} />;
  return (
    <>
      {marks.length > 0 ? <MarkedChoice picture={picture} marks={marks} /> : null}
      <div className="ob-between">
        <span className="ob-muted">{t("tryIt.texts", { count: texts.length })}</span>
        <CopyButton text={texts.map((read) => read.text).join("\n")} label={t("tryIt.copyTexts")} />
      </div>
      <ul className="ob-list" data-testid="texts">
        {texts.map((read, place) => (
          <li key={place}>
            <span className="ob-breaks">{read.text}</span>
            <span className="ob-row ob-muted" style={{ flexWrap: "nowrap" }}>
              {read.name}
              <span className="ob-num">{Number.isFinite(read.score) ? format.percent(read.score) : ""}</span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
