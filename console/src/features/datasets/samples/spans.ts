import type { Annotation } from "@/api/types";

export interface Piece {
  readonly text: string;
  readonly label: string | null;
}

/** A text cut at its spans; offsets count characters (code points). A span inside another one is left out. */
export function piecesOf(text: string, spans: Annotation["spans"]): Piece[] {
  const characters = Array.from(text);
  const sorted = [...spans].sort((left, right) => left.start - right.start || right.end - left.end);
  const pieces: Piece[] = [];
  let place = 0;
  for (const span of sorted) {
    if (span.start < place || span.end > characters.length) continue;
    if (span.start > place) pieces.push({ text: characters.slice(place, span.start).join(""), label: null });
    pieces.push({ text: characters.slice(span.start, span.end).join(""), label: span.label });
    place = span.end;
  }
  if (place < characters.length) pieces.push({ text: characters.slice(place).join(""), label: null });
  return pieces;
}

/** A colour that stays the same for a label, distinct enough for some dozens of them. */
export function labelColour(name: string): string {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 3600;
  return `hsl(${(hash * 137.508) % 360} 62% 42%)`;
}

/** Run lengths, column by column, as vertical strips `[x, y, height]` of one pixel width. */
export function maskStrips(mask: { readonly width: number; readonly height: number; readonly counts: readonly number[] }): [number, number, number][] {
  const strips: [number, number, number][] = [];
  let place = 0;
  for (const [index, count] of mask.counts.entries()) {
    const end = place + count;
    while (index % 2 === 1 && place < end) {
      const y = place % mask.height;
      const height = Math.min(end - place, mask.height - y);
      strips.push([Math.floor(place / mask.height), y, height]);
      place += height;
    }
    place = end;
  }
  return strips;
}
