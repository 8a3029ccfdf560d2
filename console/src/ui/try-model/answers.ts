import { asRecord, textOf } from "@/api/prediction";

/** What models of texts, documents and sounds answer (spec 08 sections 5, 10 and 12), read with care: a model may answer anything. */

export interface Entity {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

export interface EntityAnswer {
  readonly content: string;
  readonly entities: readonly Entity[];
}

/** Offsets count characters; what lies outside the text is left out. */
export function entitiesOf(document: Readonly<Record<string, unknown>>): EntityAnswer {
  const content = textOf(document.content);
  const length = Array.from(content).length;
  const entities = rowsOf(document.results).map((row) => {
    const start = Number(row.offset);
    return { start, end: start + Array.from(textOf(row.span)).length, label: textOf(row.tag) };
  });
  return { content, entities: entities.filter(({ start, end }) => Number.isInteger(start) && start >= 0 && end > start && end <= length) };
}

export interface TaggedToken {
  readonly token: string;
  readonly tag: string;
}

export function tokensOf(document: Readonly<Record<string, unknown>>): TaggedToken[] {
  const tags = Array.isArray(document.label) ? (document.label as unknown[]) : [];
  const tokens = Array.isArray(document.raw_text) ? (document.raw_text as unknown[]) : [];
  return tokens.map((token, place) => ({ token: textOf(token), tag: textOf(tags[place]) }));
}

export interface ReadText {
  readonly text: string;
  readonly score: number;
  readonly name: string;
  /** Corners in pixels of the picture; none of an answer that tells words only. */
  readonly points: readonly (readonly [number, number])[];
}

/** Both shapes of the answer: items with their corners, or words alone. */
export function textsOf(document: Readonly<Record<string, unknown>>): ReadText[] {
  const rows = rowsOf(document.results ?? document.words_result ?? document.words_results);
  return rows.map((row) => ({
    text: textOf(row.text) || textOf(row.words),
    score: Number(row.score),
    name: textOf(row.name),
    points: rowsOf(asRecord(row.location).points)
      .map(({ x, y }): readonly [number, number] => [Number(x), Number(y)])
      .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
  }));
}

export interface Scored {
  readonly name: string;
  readonly score: number;
}

export function scoresOf(document: Readonly<Record<string, unknown>>): Scored[] {
  return rowsOf(document.results)
    .map((row) => ({ name: textOf(row.name), score: Number(row.score) }))
    .filter(({ score }) => Number.isFinite(score));
}

/** A similarity from 0 to 1. */
export function similarityOf(document: Readonly<Record<string, unknown>>): number | null {
  return typeof document.score === "number" ? document.score : null;
}

function rowsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as unknown[]).map(asRecord) : [];
}
