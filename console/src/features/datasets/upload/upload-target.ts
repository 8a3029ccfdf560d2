import { api, reply } from "@/api/client";
import { versionPath, type VersionRef } from "@/api/queries/datasets";
import type { UploadTarget } from "./multipart-upload";

const VERSION = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}";
const IMPORT = `${VERSION}/imports/{import_id}` as const;

export function uploadTarget(ref: VersionRef, importId: number): UploadTarget {
  const params = { path: { ...versionPath(ref), import_id: importId } };
  return {
    partUrls: async (part_numbers) => (await reply(api.POST(`${IMPORT}/part-urls`, { params, body: { part_numbers } }))).items,
    storedParts: async () => (await reply(api.GET(`${IMPORT}/parts`, { params }))).items,
    complete: async (parts) => {
      await reply(api.POST(`${IMPORT}/complete`, { params, body: { parts } }));
    },
  };
}

export const startImport = (ref: VersionRef, file: File) =>
  reply(
    api.POST(`${VERSION}/imports`, {
      params: { path: versionPath(ref) },
      body: { filename: file.name, size_bytes: file.size, annotation_format: "json" },
    }),
  );

export const readImport = (ref: VersionRef, importId: number) =>
  reply(api.GET(IMPORT, { params: { path: { ...versionPath(ref), import_id: importId } } }));

export const cancelImport = (ref: VersionRef, importId: number) =>
  reply(api.POST(`${IMPORT}/cancel`, { params: { path: { ...versionPath(ref), import_id: importId } } }));
