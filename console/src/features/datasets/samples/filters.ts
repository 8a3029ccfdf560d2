import type { SampleFilter } from "@/api/queries/samples";

/** The filter in the address: short names, sizes in KB, dates as the person chose them. */

const STATES = ["labelled", "unlabelled"] as const;
const SOURCES = ["imported", "human", "smart"] as const;
const NAMES = ["label", "state", "source", "q", "minKb", "maxKb", "from", "to"] as const;
type Name = (typeof NAMES)[number];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const oneOf = <T extends string>(values: readonly T[], text: string | null): T | null => values.find((value) => value === text) ?? null;

function kilobytes(text: string | null): number | null {
  if (!text) return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? Math.round(value * 1024) : null;
}

/** The beginning of a local day, or its last moment. */
function momentOf(day: string | null, end: boolean): string | null {
  if (!day || !DAY.test(day)) return null;
  const moment = new Date(`${day}T${end ? "23:59:59.999" : "00:00:00.000"}`);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}

export function readFilter(params: URLSearchParams): SampleFilter {
  const state = oneOf(STATES, params.get("state"));
  const nothingToSay = state === "unlabelled"; // unlabelled samples have no label and no source
  return {
    label: nothingToSay ? null : params.get("label") || null,
    annotation_state: state,
    annotation_source: nothingToSay ? null : oneOf(SOURCES, params.get("source")),
    name: params.get("q")?.trim() || null,
    min_size_bytes: kilobytes(params.get("minKb")),
    max_size_bytes: kilobytes(params.get("maxKb")),
    added_after: momentOf(params.get("from"), false),
    added_before: momentOf(params.get("to"), true),
  };
}

export type FilterChange = Partial<Readonly<Record<Name, string | null>>>;

/** The address after a change; an empty value leaves it. Everything else in it stays. */
export function writeFilter(params: URLSearchParams, change: FilterChange): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  next.delete("sample");
  return next;
}

export function clearFilter(params: URLSearchParams): URLSearchParams {
  return writeFilter(params, Object.fromEntries(NAMES.map((name) => [name, null])));
}

export const isFiltered = (filter: SampleFilter): boolean => Object.values(filter).some((value) => value !== null);
