import { useMemo } from "react";
import { CodeBlock } from "../code-block";
import { parseMarkdown, type Block, type Inline } from "./parse";

/** Below the headings of the page itself. */
const LEVEL_OF_FIRST = 3;

/** A document that somebody else wrote: as elements only, never as HTML. */
export function Markdown({ source }: { readonly source: string }) {
  const blocks = useMemo(() => parseMarkdown(source), [source]);
  return (
    <div className="ob-markdown">
      {blocks.map((block, place) => (
        <BlockView key={place} block={block} />
      ))}
    </div>
  );
}

function BlockView({ block }: { readonly block: Block }) {
  switch (block.kind) {
    case "heading": {
      const Heading = `h${Math.min(6, block.level + LEVEL_OF_FIRST - 1)}` as "h3" | "h4" | "h5" | "h6";
      return (
        <Heading>
          <Inlines parts={block.children} />
        </Heading>
      );
    }
    case "paragraph":
      return (
        <p>
          <Inlines parts={block.children} />
        </p>
      );
    case "quote":
      return (
        <blockquote>
          <Inlines parts={block.children} />
        </blockquote>
      );
    case "code":
      return <CodeBlock text={block.text} />;
    case "rule":
      return <hr />;
    case "list": {
      const List = block.ordered ? "ol" : "ul";
      return (
        <List>
          {block.items.map((item, place) => (
            <li key={place}>
              <Inlines parts={item} />
            </li>
          ))}
        </List>
      );
    }
    case "table":
      return <TableView block={block} />;
  }
}

function TableView({ block }: { readonly block: Extract<Block, { kind: "table" }> }) {
  return (
    <div className="ob-wide">
      <table>
        <thead>
          <tr>
            {block.head.map((cell, place) => (
              <th key={place} scope="col">
                <Inlines parts={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, place) => (
            <tr key={place}>
              {row.map((cell, column) => (
                <td key={column}>
                  <Inlines parts={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Inlines({ parts }: { readonly parts: readonly Inline[] }) {
  return (
    <>
      {parts.map((part, place) => {
        switch (part.kind) {
          case "text":
            return <span key={place}>{part.text}</span>;
          case "code":
            return <code key={place}>{part.text}</code>;
          case "strong":
            return (
              <strong key={place}>
                <Inlines parts={part.children} />
              </strong>
            );
          case "emphasis":
            return (
              <em key={place}>
                <Inlines parts={part.children} />
              </em>
            );
          case "link":
            return (
              <a key={place} href={part.href} target="_blank" rel="noreferrer noopener">
                <Inlines parts={part.children} />
              </a>
            );
        }
      })}
    </>
  );
}
