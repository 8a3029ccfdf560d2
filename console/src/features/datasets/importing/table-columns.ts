import type { TablePreview, TableSettings } from "@/api/queries/imports";

export interface ColumnChoice {
  readonly ordinal: number;
  readonly rawName: string;
  readonly name: string;
  readonly type: string;
  readonly taken: boolean;
}

export const COLUMN_TYPES = ["smallint", "int", "bigint", "float", "double", "decimal(18,4)", "date", "timestamp", "uuid", "string"] as const;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_]*$/;
const NAME_CHARACTERS = 128;
export const FEWEST_COLUMNS = 2;

export function columnsOf(preview: TablePreview): ColumnChoice[] {
  return preview.names.map((name, ordinal) => ({
    ordinal,
    rawName: preview.raw_names[ordinal] ?? name,
    name,
    type: preview.types[ordinal] ?? "string",
    taken: true,
  }));
}

export type ColumnFault = "few" | "name" | "twice";

/** Why these columns cannot be imported, and which one is at fault. */
export function columnFault(columns: readonly ColumnChoice[]): { readonly fault: ColumnFault; readonly ordinal: number | null } | null {
  const taken = columns.filter((column) => column.taken);
  const seen = new Set<string>();
  for (const column of taken) {
    if (!NAME.test(column.name) || column.name.length > NAME_CHARACTERS) return { fault: "name", ordinal: column.ordinal };
    const key = column.name.toLowerCase();
    if (seen.has(key)) return { fault: "twice", ordinal: column.ordinal };
    seen.add(key);
  }
  return taken.length < FEWEST_COLUMNS ? { fault: "few", ordinal: null } : null;
}

/** Whether the file's own names cannot be column names, so that others stand for them. */
export const isAdapted = (columns: readonly ColumnChoice[]): boolean => columns.some((column) => column.name !== column.rawName);

/** The four lists of the API; null while the file's own names and types do, so that the whole file decides. */
export function columnLists(chosen: readonly ColumnChoice[], detected: readonly ColumnChoice[]): TableSettings["columns"] {
  if (!isAdapted(chosen) && JSON.stringify(chosen) === JSON.stringify(detected)) return null;
  const taken = chosen.filter((column) => column.taken);
  return {
    columns: taken.map((column) => column.ordinal),
    raw_names: taken.map((column) => column.rawName),
    names: taken.map((column) => column.name),
    types: taken.map((column) => column.type),
  };
}
