import { CopyButton } from "./copy";

/** A program or document in type-writer letters, to be copied as a whole. */
export function CodeBlock({ text }: { readonly text: string }) {
  return (
    <div style={{ position: "relative" }}>
      <pre className="ob-code" tabIndex={0}>
        {text}
      </pre>
      <div className="ob-code-copy">
        <CopyButton text={text} />
      </div>
    </div>
  );
}
