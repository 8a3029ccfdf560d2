import type { ModelColumn } from "@/api/tabular";
import type { Row } from "./table-prediction";

export const MOST_ROWS = 1000;

type Value = string | number | null;

/** A usual row to begin with: what training had as an example. */
export function exampleRow(columns: readonly ModelColumn[]): Row {
  return Object.fromEntries(columns.map((column): [string, Value] => [column.name, column.example ?? column.choices[0] ?? null]));
}

/** A cell of a table as its column takes it: an empty one is missing, and what is no number stays as it was written for the model to judge. */
export function cellValue(column: ModelColumn, text: string): Value {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (column.kind !== "number") return trimmed;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

/** The columns that two rows differ in. */
export function changedColumns(before: Row, after: Row): string[] {
  return Object.keys(after).filter((name) => before[name] !== after[name]);
}

export type CsvProblem = { readonly kind: "empty" } | { readonly kind: "tooMany"; readonly rows: number } | { readonly kind: "missing"; readonly columns: readonly string[] };

/** Rows of a pasted table with a header line; columns that the model does not take are left out. */
export function rowsOfTable(table: readonly (readonly string[])[], columns: readonly ModelColumn[]): readonly Row[] | CsvProblem {
  const [header, ...lines] = table;
  if (!header || lines.length === 0) return { kind: "empty" };
  if (lines.length > MOST_ROWS) return { kind: "tooMany", rows: lines.length };
  const places = new Map(header.map((name, place) => [name.trim(), place]));
  const missing = columns.filter((column) => !places.has(column.name)).map((column) => column.name);
  if (missing.length > 0) return { kind: "missing", columns: missing };
  return lines.map((line) => Object.fromEntries(columns.map((column): [string, Value] => [column.name, cellValue(column, line[places.get(column.name) ?? -1] ?? "")])));
}

export const isCsvProblem = (result: readonly Row[] | CsvProblem): result is CsvProblem => !Array.isArray(result);
