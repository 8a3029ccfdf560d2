import type { Annotation, Sample } from "@/api/types";
import type { Schemas } from "@/api/types";
import { MarkedText, TaggedTokens } from "@/ui/text/marked-text";

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
  if (content === "tokens") return <TaggedTokens tokens={texts.slice(0, MOST_TOKENS).map((token, index) => ({ token, tag: annotation?.tags[index] ?? "" }))} />;
  return <MarkedText text={texts[0] ?? ""} spans={annotation?.spans ?? []} />;
}

const MOST_TOKENS = 200;
