import { api, reply } from "@/api/client";
import { versionPath, type VersionRef } from "@/api/queries/datasets";
import type { NewImport } from "@/api/types";
import type { ImportTarget } from "./import-upload";

const VERSION = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}";
const IMPORT = `${VERSION}/imports/{import_id}` as const;

export function importTarget(ref: VersionRef, importId: number): ImportTarget {
  const path = { ...versionPath(ref), import_id: importId };
  return {
    file: (file) => ({
      partUrls: async (part_numbers) => (await reply(api.POST(`${IMPORT}/part-urls`, { params: { path }, body: { part_numbers, file } }))).items,
      storedParts: async () => (await reply(api.GET(`${IMPORT}/parts`, { params: { path, query: { file } } }))).items,
    }),
    complete: async (files) => {
      await reply(api.POST(`${IMPORT}/complete`, { params: { path }, body: { files, parts: [] } }));
    },
  };
}

export const startImport = (ref: VersionRef, body: NewImport) =>
  reply(api.POST(`${VERSION}/imports`, { params: { path: versionPath(ref) }, body }));

export const readImport = (ref: VersionRef, importId: number) =>
  reply(api.GET(IMPORT, { params: { path: { ...versionPath(ref), import_id: importId } } }));

export const cancelImport = (ref: VersionRef, importId: number) =>
  reply(api.POST(`${IMPORT}/cancel`, { params: { path: { ...versionPath(ref), import_id: importId } } }));
