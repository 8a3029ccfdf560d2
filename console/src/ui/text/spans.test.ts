import { describe, expect, it } from "vitest";
import { piecesOf } from "./spans";

describe("a text with spans", () => {
  it("is cut by characters, not by code units", () => {
    const pieces = piecesOf("😀在北京", [{ label: "Place", start: 2, end: 4, text: "北京" }]);
    expect(pieces).toEqual([{ text: "😀在", label: null }, { text: "北京", label: "Place" }]);
  });

  it("shows the outer one of two that overlap", () => {
    const pieces = piecesOf("abcdef", [{ label: "B", start: 2, end: 3, text: "c" }, { label: "A", start: 1, end: 4, text: "bcd" }]);
    expect(pieces.map((piece) => [piece.text, piece.label])).toEqual([["a", null], ["bcd", "A"], ["ef", null]]);
  });
});
