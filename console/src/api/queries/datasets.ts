import { type QueryKey, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { NewDataset, Schemas } from "../types";
import { nextCursor, pageQuery } from "./paging";

const LIST = "/v1/datasets/projects/{project_id}/datasets";
const ONE = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}";
const VERSION = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}";

export interface VersionRef {
  readonly projectId: number;
  readonly datasetId: number;
  readonly versionNumber: number;
}

export const datasetKeys = {
  all: (projectId: number): QueryKey => ["datasets", projectId],
  one: (projectId: number, datasetId: number): QueryKey => ["datasets", projectId, datasetId],
  version: (ref: VersionRef): QueryKey => ["datasets", ref.projectId, ref.datasetId, ref.versionNumber],
};

export const versionPath = (ref: VersionRef) => ({
  project_id: ref.projectId,
  dataset_id: ref.datasetId,
  version_number: ref.versionNumber,
});

/** Kinds of datasets and their formats are data of the catalogue: they change with a release only. */
export function useDatasetKinds() {
  return useQuery({
    queryKey: ["dataset-kinds"],
    queryFn: () => reply(api.GET("/v1/datasets/kinds")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useTrainedModels(ref: VersionRef) {
  return useInfiniteQuery({
    queryKey: [...datasetKeys.version(ref), "models"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      reply(api.GET(`${VERSION}/models`, { params: { path: versionPath(ref), query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
  });
}

export function useDatasets(projectId: number, name = "", dataType = "", annotationType = "") {
  return useInfiniteQuery({
    queryKey: [...datasetKeys.all(projectId), "list", name, dataType, annotationType],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      reply(
        api.GET(LIST, {
          params: {
            path: { project_id: projectId },
            query: { ...pageQuery(pageParam), ...(name ? { name } : {}), ...(dataType ? { data_type: dataType } : {}), ...(annotationType ? { annotation_type: annotationType } : {}) },
          },
        }),
      ),
    getNextPageParam: nextCursor,
  });
}

export function useDataset(projectId: number, datasetId: number, pollMs: number | false = false, enabled = true) {
  return useQuery({
    queryKey: [...datasetKeys.one(projectId, datasetId), "detail"],
    enabled,
    queryFn: () => reply(api.GET(ONE, { params: { path: { project_id: projectId, dataset_id: datasetId } } })),
    refetchInterval: pollMs,
  });
}

export function useDatasetVersions(projectId: number, datasetId: number, pollMs: number | false = false, enabled = true) {
  return useQuery({
    queryKey: [...datasetKeys.one(projectId, datasetId), "versions"],
    enabled,
    queryFn: () =>
      reply(api.GET(`${ONE}/versions`, { params: { path: { project_id: projectId, dataset_id: datasetId } } })),
    refetchInterval: pollMs,
  });
}

export function useCreateDataset(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewDataset) => reply(api.POST(LIST, { params: { path: { project_id: projectId } }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: datasetKeys.all(projectId) }),
  });
}

export function useDeleteDataset(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (datasetId: number) =>
      reply(api.DELETE(ONE, { params: { path: { project_id: projectId, dataset_id: datasetId } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [...datasetKeys.all(projectId), "list"] }),
  });
}

export function useLabels(ref: VersionRef) {
  return useQuery({
    queryKey: [...datasetKeys.version(ref), "labels"],
    queryFn: () => reply(api.GET(`${VERSION}/labels`, { params: { path: versionPath(ref), query: { limit: 100 } } })),
  });
}

export const createVersion = (projectId: number, datasetId: number, body: Schemas["NewVersion"]) =>
  reply(api.POST(`${ONE}/versions`, { params: { path: { project_id: projectId, dataset_id: datasetId } }, body }));

export const describeVersion = (ref: VersionRef, description: string) => reply(api.PATCH(VERSION, { params: { path: versionPath(ref) }, body: { description } }));

export const deleteVersion = (ref: VersionRef) => reply(api.DELETE(VERSION, { params: { path: versionPath(ref) } }));

export const renameDataset = (projectId: number, datasetId: number, name: string) =>
  reply(api.PATCH(ONE, { params: { path: { project_id: projectId, dataset_id: datasetId } }, body: { name } }));

/** A change of a dataset or its versions; all that shows the dataset is fetched again. */
export function useChangeDataset(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: () => Promise<unknown>) => change(),
    onSettled: () => queries.invalidateQueries({ queryKey: datasetKeys.all(projectId) }),
  });
}
