import { keepPreviousData, useInfiniteQuery, useMutation, useQueries, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { Annotation, SampleDetail, Schemas } from "../types";
import { datasetKeys, versionPath, type VersionRef } from "./datasets";
import { nextCursor, pageQuery } from "./paging";

const VERSION = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}";
const SAMPLE = `${VERSION}/samples/{sample_id}` as const;

export const SAMPLES_PER_PAGE = 60;
const ROWS_PER_PAGE = 100;
const FRESH_MS = 30_000;

export type SamplePage = Schemas["SamplePage"];
export type SampleFilter = Schemas["FilterBody"];
export type BulkAction = Schemas["BulkAction"];
export type Operation = Schemas["OperationView"];

/** What was asked for, without the members that say nothing. */
function given(filter: SampleFilter): Record<string, string | number> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== null && value !== "")) as Record<string, string | number>;
}

const samplePath = (ref: VersionRef, sampleId: number) => ({ ...versionPath(ref), sample_id: sampleId });
const samplesKey = (ref: VersionRef) => [...datasetKeys.version(ref), "samples"];
const sampleKey = (ref: VersionRef, sampleId: number | null) => [...datasetKeys.version(ref), "sample", sampleId];

function pageOptions(ref: VersionRef, filter: SampleFilter, page: number) {
  return {
    queryKey: [...samplesKey(ref), given(filter), page],
    staleTime: FRESH_MS,
    queryFn: async () => {
      const query = { ...given(filter), include: "annotation" as const, offset: page * SAMPLES_PER_PAGE, limit: SAMPLES_PER_PAGE };
      const found: unknown = await reply(api.GET(`${VERSION}/samples`, { params: { path: versionPath(ref), query } }));
      return found as SamplePage; // the client turns points into plain lists of numbers
    },
  };
}

/** The first page, which also tells how many samples fit the filter; the old one stays while a new filter is fetched. */
export function useFirstSamples(ref: VersionRef, filter: SampleFilter, enabled = true) {
  return useQuery({ ...pageOptions(ref, filter, 0), enabled, placeholderData: keepPreviousData });
}

/** The pages that are in view, by number. */
export function useSamplePages(ref: VersionRef, filter: SampleFilter, pages: readonly number[]) {
  return useQueries({ queries: pages.map((page) => pageOptions(ref, filter, page)) });
}

export function useSample(ref: VersionRef, sampleId: number | null) {
  return useQuery({
    queryKey: sampleKey(ref, sampleId),
    enabled: sampleId !== null,
    queryFn: () => readSample(ref, sampleId ?? 0),
  });
}

function refreshAfterEdit(queries: QueryClient, ref: VersionRef): void {
  for (const name of ["samples", "labels", "history"]) void queries.invalidateQueries({ queryKey: [...datasetKeys.version(ref), name] });
  void queries.invalidateQueries({ queryKey: [...datasetKeys.one(ref.projectId, ref.datasetId), "detail"] });
}

export async function readSample(ref: VersionRef, sampleId: number): Promise<SampleDetail> {
  const found: unknown = await reply(api.GET(SAMPLE, { params: { path: samplePath(ref, sampleId) } }));
  return found as SampleDetail;
}

export const replaceAnnotation = (ref: VersionRef, sampleId: number, annotation: Annotation, expected_revision: number) =>
  reply(api.PUT(`${SAMPLE}/annotation`, { params: { path: samplePath(ref, sampleId) }, body: { annotation, expected_revision, create_labels: true } }));

export const appendAnnotation = (ref: VersionRef, sampleId: number, annotation: Annotation) =>
  reply(api.POST(`${SAMPLE}/annotation`, { params: { path: samplePath(ref, sampleId) }, body: { annotation, create_labels: true } }));

export const clearAnnotation = (ref: VersionRef, sampleId: number, expected_revision: number) =>
  reply(api.DELETE(`${SAMPLE}/annotation`, { params: { path: samplePath(ref, sampleId), query: { expected_revision } } }));

export const deleteSample = (ref: VersionRef, sampleId: number) => reply(api.DELETE(SAMPLE, { params: { path: samplePath(ref, sampleId) } }));

/** One change of one sample; whatever comes of it, what is shown is fetched again. */
export function useEditSample(ref: VersionRef, sampleId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (edit: () => Promise<unknown>) => edit(),
    onSettled: async () => {
      refreshAfterEdit(queries, ref);
      await queries.invalidateQueries({ queryKey: sampleKey(ref, sampleId) });
    },
  });
}

/** After many samples were changed one by one. */
export function useRefreshSamples(ref: VersionRef): () => void {
  const queries = useQueryClient();
  return () => {
    refreshAfterEdit(queries, ref);
    void queries.invalidateQueries({ queryKey: [...datasetKeys.version(ref), "sample"] });
  };
}

export function useHistory(ref: VersionRef, sampleId: number) {
  return useInfiniteQuery({
    queryKey: [...datasetKeys.version(ref), "history", sampleId],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(`${SAMPLE}/history`, { params: { path: samplePath(ref, sampleId), query: pageQuery(pageParam, 20) } })),
    getNextPageParam: nextCursor,
  });
}

export const restoreRevision = (ref: VersionRef, sampleId: number, revision: number, expected_revision: number) =>
  reply(api.POST(`${SAMPLE}/history/{revision}/restore`, { params: { path: { ...samplePath(ref, sampleId), revision } }, body: { expected_revision } }));

export const startOperation = (ref: VersionRef, filter: SampleFilter, action: BulkAction) =>
  reply(api.POST(`${VERSION}/operations`, { params: { path: versionPath(ref) }, body: { filter, action } }));

export const cancelOperation = (ref: VersionRef, operationId: number) =>
  reply(api.POST(`${VERSION}/operations/{operation_id}/cancel`, { params: { path: { ...versionPath(ref), operation_id: operationId } } }));

/** A bulk operation, asked again every second until it has ended. */
export function useOperation(ref: VersionRef, operationId: number | null) {
  return useQuery({
    queryKey: [...datasetKeys.version(ref), "operation", operationId],
    enabled: operationId !== null,
    queryFn: () => reply(api.GET(`${VERSION}/operations/{operation_id}`, { params: { path: { ...versionPath(ref), operation_id: operationId ?? 0 } } })),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data) ? false : 1000),
  });
}

export const isOver = (operation: Operation): boolean => operation.state !== "planning" && operation.state !== "running";

export function useTableSchema(ref: VersionRef) {
  return useQuery({
    queryKey: [...datasetKeys.version(ref), "schema"],
    queryFn: () => reply(api.GET(`${VERSION}/schema`, { params: { path: versionPath(ref) } })),
  });
}

export function useRowPages(ref: VersionRef, pages: readonly number[]) {
  return useQueries({
    queries: pages.map((page) => ({
      queryKey: [...datasetKeys.version(ref), "rows", page],
      staleTime: FRESH_MS,
      queryFn: () => reply(api.GET(`${VERSION}/rows`, { params: { path: versionPath(ref), query: { offset: page * ROWS_PER_PAGE, limit: ROWS_PER_PAGE } } })),
    })),
  });
}

export const TABLE_PAGE_ROWS = ROWS_PER_PAGE;
