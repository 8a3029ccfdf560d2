export interface Piece {
  readonly text: string;
  readonly label: string | null;
}

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly text?: string | null;
}

/** A text cut at its spans; offsets count characters (code points). A span inside another one is left out. */
export function piecesOf(text: string, spans: readonly Span[]): Piece[] {
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
