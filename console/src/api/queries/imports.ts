import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { Schemas } from "../types";
import { datasetKeys, versionPath, type VersionRef } from "./datasets";
import { nextCursor, pageQuery } from "./paging";

const VERSION = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}";
const PREVIEW_BYTES = 256 * 1024;

export type Severity = Schemas["Severity"];
export type TablePreview = Schemas["PreviewView"];
export type TableSettings = Schemas["TableSettings"];

export function useImports(ref: VersionRef, pollMs: number | false) {
  return useInfiniteQuery({
    queryKey: [...datasetKeys.version(ref), "imports"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(`${VERSION}/imports`, { params: { path: versionPath(ref), query: pageQuery(pageParam, 20) } })),
    getNextPageParam: nextCursor,
    refetchInterval: pollMs,
  });
}

export function useImportProblems(ref: VersionRef, importId: number, severity: Severity | null, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: [...datasetKeys.version(ref), "imports", importId, "problems", severity],
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      reply(
        api.GET(`${VERSION}/imports/{import_id}/problems`, {
          params: {
            path: { ...versionPath(ref), import_id: importId },
            query: { ...pageQuery(pageParam, 100), ...(severity ? { severity } : {}) },
          },
        }),
      ),
    getNextPageParam: nextCursor,
  });
}

/** Where the whole report lies as CSV; the address is good for some minutes. */
export const importReport = (ref: VersionRef, importId: number) =>
  reply(api.GET(`${VERSION}/imports/{import_id}/report`, { params: { path: { ...versionPath(ref), import_id: importId } } }));

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += 0x8000) pieces.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
  return btoa(pieces.join(""));
}

/** What the beginning of a table file on this machine says. */
export function useTablePreview(projectId: number, file: File | null, table: TableSettings) {
  return useQuery({
    queryKey: ["table-preview", projectId, file?.name, file?.size, file?.lastModified, table.header, table.delimiter],
    enabled: file !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => {
      const content = file ?? new Blob();
      const body = { data: await base64Of(content.slice(0, PREVIEW_BYTES)), whole: content.size <= PREVIEW_BYTES, rows: 8, table };
      return reply(api.POST("/v1/datasets/projects/{project_id}/table-previews", { params: { path: { project_id: projectId } }, body }));
    },
  });
}
