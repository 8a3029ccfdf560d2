/** The part of Markdown that model cards use, as a tree; HTML in it stays text, so nothing of it can run. */

export type Inline =
  | { readonly kind: "text" | "code"; readonly text: string }
  | { readonly kind: "strong" | "emphasis"; readonly children: readonly Inline[] }
  | { readonly kind: "link"; readonly href: string; readonly children: readonly Inline[] };

export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly children: readonly Inline[] }
  | { readonly kind: "paragraph"; readonly children: readonly Inline[] }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: "table"; readonly head: readonly (readonly Inline[])[]; readonly rows: readonly (readonly (readonly Inline[])[])[] }
  | { readonly kind: "quote"; readonly children: readonly Inline[] }
  | { readonly kind: "rule" };

/** Lengths are bounded so that an unclosed sign costs little to look for. */
const INLINE = /`([^`]{1,2000})`|\*\*([^*]{1,2000})\*\*|\*([^*\s][^*]{0,2000})\*|\[([^\]]{1,500})\]\(((?:[^()\s]|\([^()\s]{0,500}\)){1,2000})\)/;

/** Only these lead anywhere; a link of another kind (`javascript:`, `data:`) is shown as its text. */
const SAFE_LINK = /^(https?:\/\/|\/(?!\/))/i;

export function parseInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let rest = text;
  while (rest !== "") {
    const match = INLINE.exec(rest);
    if (!match) {
      parts.push({ kind: "text", text: rest });
      break;
    }
    if (match.index > 0) parts.push({ kind: "text", text: rest.slice(0, match.index) });
    const [whole, code, strong, emphasis, label, href] = match;
    if (code !== undefined) parts.push({ kind: "code", text: code });
    else if (strong !== undefined) parts.push({ kind: "strong", children: parseInline(strong) });
    else if (emphasis !== undefined) parts.push({ kind: "emphasis", children: parseInline(emphasis) });
    else if (label !== undefined && href !== undefined) parts.push(...(SAFE_LINK.test(href) ? [{ kind: "link" as const, href, children: parseInline(label) }] : parseInline(label)));
    rest = rest.slice(match.index + whole.length);
  }
  return parts;
}

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^\s{0,3}([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const FENCE = /^\s{0,3}(```|~~~)/;

const cellsOf = (line: string): Inline[][] =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => parseInline(cell.trim()));

const isBlockStart = (line: string): boolean => HEADING.test(line) || ITEM.test(line) || RULE.test(line) || FENCE.test(line) || line.startsWith(">");

export function parseMarkdown(source: string): Block[] {
  // Metadata of a card, between two lines of dashes at its beginning, is for machines.
  const lines = source.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, "").split(/\r?\n/);
  const blocks: Block[] = [];
  let place = 0;
  const line = (): string => lines[place] ?? "";
  const takeWhile = (isMore: (text: string) => boolean): string[] => {
    const taken: string[] = [];
    while (place < lines.length && isMore(line())) {
      taken.push(line());
      place += 1;
    }
    return taken;
  };
  while (place < lines.length) {
    const heading = HEADING.exec(line());
    const item = ITEM.exec(line());
    if (line().trim() === "") place += 1;
    else if (FENCE.test(line())) {
      const fence = line().trim().slice(0, 3);
      place += 1;
      blocks.push({ kind: "code", text: takeWhile((text) => !text.trim().startsWith(fence)).join("\n") });
      place += 1;
    } else if (heading) {
      blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, children: parseInline(heading[2] ?? "") });
      place += 1;
    } else if (RULE.test(line())) {
      blocks.push({ kind: "rule" });
      place += 1;
    } else if (item) {
      const ordered = /\d/.test(item[1] ?? "");
      blocks.push({ kind: "list", ordered, items: listItems(takeWhile((text) => ITEM.test(text) || /^\s+\S/.test(text))) });
    } else if (line().startsWith(">")) {
      blocks.push({ kind: "quote", children: parseInline(takeWhile((text) => text.startsWith(">")).map((text) => text.replace(/^>\s?/, "")).join(" ")) });
    } else if (line().includes("|") && DIVIDER.test(lines[place + 1] ?? "")) {
      const head = cellsOf(line());
      place += 2;
      blocks.push({ kind: "table", head, rows: takeWhile((text) => text.includes("|") && text.trim() !== "").map(cellsOf) });
    } else {
      const first = line();
      place += 1;
      blocks.push({ kind: "paragraph", children: parseInline([first, ...takeWhile((text) => text.trim() !== "" && !isBlockStart(text))].map((text) => text.trim()).join(" ")) });
    }
  }
  return blocks;
}

function listItems(lines: readonly string[]): Inline[][] {
  const texts: string[] = [];
  for (const text of lines) {
    const item = ITEM.exec(text);
    if (item || texts.length === 0) texts.push(item?.[2] ?? text.trim());
    else texts.push(`${texts.pop() ?? ""} ${text.trim()}`);
  }
  return texts.map(parseInline);
}
