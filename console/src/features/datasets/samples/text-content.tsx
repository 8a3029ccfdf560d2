import type { Annotation, Sample } from "@/api/types";
import type { Schemas } from "@/api/types";
import { labelColour } from "@/ui/picture/label-colour";
import { piecesOf } from "./spans";

interface Props {
  readonly content: Schemas["Content"];
  readonly texts: Sample["texts"];
  readonly annotation: Annotation | null | undefined;
}

/** The text of a sample: spans marked, the two of a pair one above the other, tags below their tokens. */
export function TextContent({ content, texts, annotation }: Props) {
  if (content === "pair") {
    return (
      <span className="ob-pair">
        {texts.map((text, index) => (
          <span key={index}>{text}</span>
        ))}
      </span>
    );
  }
  if (content === "tokens") {
    return (
      <span className="ob-tokens">
        {texts.slice(0, 200).map((token, index) => {
          const tag = annotation?.tags[index] ?? "";
          const outside = tag === "" || tag === "O";
          return (
            <span key={index} className="ob-token" style={outside ? undefined : { borderBottomColor: labelColour(tag.slice(2)) }}>
              {token}
              <small>{tag || " "}</small>
            </span>
          );
        })}
      </span>
    );
  }
  return (
    <>
      {piecesOf(texts[0] ?? "", annotation?.spans ?? []).map((piece, index) =>
        piece.label === null ? (
          <span key={index}>{piece.text}</span>
        ) : (
          <mark key={index} className="ob-span" style={{ borderBottomColor: labelColour(piece.label) }}>
            {piece.text}
            <small>{piece.label}</small>
          </mark>
        ),
      )}
    </>
  );
}
