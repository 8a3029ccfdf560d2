import type { DataFormat, DatasetKind } from "@/api/types";
import type { MessageKey } from "@/i18n";

export const FILE_BYTES = 5 * 1024 ** 3;
const ARCHIVE = ".zip";

export type FormatGroup = "plain" | "labelled" | "unlabelled" | "tools";
const GROUPS: readonly FormatGroup[] = ["plain", "labelled", "unlabelled", "tools"];

const groupOf = (format: DataFormat, kind: DatasetKind): FormatGroup => {
  if (format.ours) return "tools";
  if (kind.annotation_form === "none") return "plain";
  return format.labelled ? "labelled" : "unlabelled";
};

/** Formats that the kind is imported from: the manual's with annotations, without, then those of other tools. */
export function importFormats(kind: DatasetKind, formats: readonly DataFormat[]): readonly (readonly [FormatGroup, readonly DataFormat[]])[] {
  const fitting = formats.filter((format) => format.reads.includes(kind.code));
  return GROUPS.map((group) => [group, fitting.filter((format) => groupOf(format, kind) === group)] as const).filter(([, found]) => found.length > 0);
}

export function exportFormats(kind: DatasetKind, formats: readonly DataFormat[]): readonly DataFormat[] {
  const fitting = formats.filter((format) => format.writes.includes(kind.code));
  return [...fitting.filter((format) => !format.ours), ...fitting.filter((format) => format.ours)];
}

export const suffixOf = (name: string): string => {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot).toLowerCase();
};

/** Suffixes a file chooser offers. */
export function acceptedSuffixes(format: DataFormat): readonly string[] {
  if (format.source === "archive") return [ARCHIVE];
  return format.source === "either" ? [...format.suffixes, ARCHIVE] : format.suffixes;
}

export const mostFiles = (format: DataFormat): number => (format.source === "archive" ? 1 : format.most_files);

export interface Refusal {
  readonly key: MessageKey;
  readonly params: Readonly<Record<string, string | number>>;
}

interface Chosen {
  readonly name: string;
  readonly size: number;
}

const isArchive = (format: DataFormat, files: readonly Chosen[]): boolean =>
  format.source === "archive" || (format.source === "either" && files.length === 1 && suffixOf(files[0]?.name ?? "") === ARCHIVE);

/** What can be said before the first byte is sent; the platform checks again. */
export function refuseFiles(format: DataFormat, files: readonly Chosen[]): Refusal | null {
  const most = mostFiles(format);
  if (files.length > most) return { key: "imports.refuse.tooMany", params: { most } };
  const allowed = isArchive(format, files) ? [ARCHIVE] : format.suffixes;
  for (const [place, file] of files.entries()) {
    const name = file.name;
    if (!allowed.includes(suffixOf(name))) {
      return { key: "imports.refuse.suffix", params: { name, suffixes: acceptedSuffixes(format).join(", ") } };
    }
    if (file.size === 0) return { key: "imports.refuse.empty", params: { name } };
    if (file.size > FILE_BYTES) return { key: "imports.refuse.tooLarge", params: { name } };
    if (files.findIndex((other) => other.name === name) !== place) return { key: "imports.refuse.twice", params: { name } };
  }
  return null;
}

/** The first format that fits what was dropped, the chosen one if it does. */
export function formatFor(chosen: DataFormat, possible: readonly DataFormat[], files: readonly Chosen[]): DataFormat {
  if (files.length === 0 || !refuseFiles(chosen, files)) return chosen;
  return possible.find((format) => !refuseFiles(format, files)) ?? chosen;
}

const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(text));

export function importCommand(datasetId: number, version: number, formatCode: string, names: readonly string[]): string {
  const shown = names.length === 0 ? ["FILE"] : names.slice(0, 4).map(quoted);
  return `bml datasets import ${datasetId} ${shown.join(" ")}${names.length > 4 ? " …" : ""} --format ${formatCode} --version ${version}`;
}
