import type { MessageKey } from "@/i18n";

const MAX_ARCHIVE_BYTES = 5 * 1024 ** 3;

/** What can be said before the first byte is sent (spec 02 section 1.4: zip only, at most 5 GB). */
export function refuseArchive(file: { readonly name: string; readonly size: number }): MessageKey | null {
  if (!file.name.toLowerCase().endsWith(".zip")) return "imports.refuse.notZip";
  if (file.size === 0) return "imports.refuse.empty";
  if (file.size > MAX_ARCHIVE_BYTES) return "imports.refuse.tooLarge";
  return null;
}
