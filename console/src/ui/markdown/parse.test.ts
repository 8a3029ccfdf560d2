import { describe, expect, it } from "vitest";
import { parseInline, parseMarkdown } from "./parse";

describe("a model card", () => {
  it("becomes headings, paragraphs, lists, tables and code", () => {
    const blocks = parseMarkdown("---\nlicence: x\n---\n# Signs\n\nReads **hand** signs\nof `digits`.\n\n- one\n  more\n- two\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\n# no heading\n```\n> note\n\n---\n1. first");
    expect(blocks.map((block) => block.kind)).toEqual(["heading", "paragraph", "list", "table", "code", "quote", "rule", "list"]);
    expect(blocks[1]).toEqual({ kind: "paragraph", children: [{ kind: "text", text: "Reads " }, { kind: "strong", children: [{ kind: "text", text: "hand" }] }, { kind: "text", text: " signs of " }, { kind: "code", text: "digits" }, { kind: "text", text: "." }] });
    expect(blocks[2]).toMatchObject({ ordered: false, items: [[{ text: "one more" }], [{ text: "two" }]] });
    expect(blocks[3]).toMatchObject({ rows: [[[{ text: "1" }], [{ text: "2" }]]] });
    expect(blocks[4]).toEqual({ kind: "code", text: "# no heading" });
    expect(blocks[7]).toMatchObject({ ordered: true });
  });

  it("cannot run anything", () => {
    expect(parseInline('<img src=x onerror="alert(1)">')).toEqual([{ kind: "text", text: '<img src=x onerror="alert(1)">' }]);
    for (const href of ["javascript:alert(1)", "JaVaScript:alert(1)", "data:text/html,x", "//evil.example/x", "vbscript:x"]) {
      expect(parseInline(`[click](${href})`)).toEqual([{ kind: "text", text: "click" }]);
    }
    expect(parseInline("[docs](https://example.org/a)")).toMatchObject([{ kind: "link", href: "https://example.org/a" }]);
  });

  it("that never ends a fence or an emphasis is still read, and fast", () => {
    expect(parseMarkdown("```\nopen")).toEqual([{ kind: "code", text: "open" }]);
    expect(parseInline("2 * 3 * 4 **")).toMatchObject([{ kind: "text" }]);
    const begun = performance.now();
    parseMarkdown(`${"*".repeat(20_000)}\n${"[".repeat(20_000)}\n${"|-".repeat(10_000)}`);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});
