import { labelColour } from "../picture/label-colour";
import { piecesOf, type Span } from "./spans";

/** A text whose spans are marked, each in its label's colour. */
export function MarkedText({ text, spans }: { readonly text: string; readonly spans: readonly Span[] }) {
  return (
    <>
      {piecesOf(text, spans).map((piece, index) =>
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

/** Tokens with a tag below each; `O` and none are outside of everything. */
export function TaggedTokens({ tokens }: { readonly tokens: readonly { readonly token: string; readonly tag: string }[] }) {
  return (
    <span className="ob-tokens">
      {tokens.map(({ token, tag }, index) => (
        <span key={index} className="ob-token" style={tag === "" || tag === "O" ? undefined : { borderBottomColor: labelColour(tag.slice(2)) }}>
          {token}
          <small>{tag || " "}</small>
        </span>
      ))}
    </span>
  );
}
