import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { send } from "../client";
import type { ImportCatalog, ModelExport, ModelImport, ModelSource, NewModelImport, Paged, PartUrl, VersionComparison, VersionLineage } from "../serving";
import type { Model } from "../types";
import { modelPath, modelsKey, modelsPath } from "./models";
import { nextCursor, pageQuery } from "./paging";

const versionPath = (projectId: number, modelId: number, version: number): string => `${modelPath(projectId, modelId)}/versions/${version}`;

export interface ModelFilter {
  readonly task?: string;
  readonly source?: ModelSource;
}

export function useFilteredModels(projectId: number, filter: ModelFilter) {
  return useInfiniteQuery({
    queryKey: [...modelsKey(projectId), "filtered", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => send<Paged<Model>>("GET", modelsPath(projectId), { query: { ...filter, ...pageQuery(pageParam) } }),
    getNextPageParam: nextCursor,
  });
}

export interface NewModel {
  readonly name: string;
  readonly task_type: string;
  readonly source: ModelSource;
  readonly description: string;
}

function useModelsMutation<V, R>(projectId: number, mutationFn: (value: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: modelsKey(projectId) }) });
}

export const useCreateModel = (projectId: number) =>
  useModelsMutation(projectId, (model: NewModel) => send<Model>("POST", modelsPath(projectId), { body: model }));

export const useChangeModel = (projectId: number, modelId: number) =>
  useModelsMutation(projectId, (change: { readonly name: string; readonly description: string }) => send<Model>("PATCH", modelPath(projectId, modelId), { body: change }));

export const useDeleteModel = (projectId: number, modelId: number) => useModelsMutation(projectId, () => send<unknown>("DELETE", modelPath(projectId, modelId)));

export const useDescribeVersion = (projectId: number, modelId: number, version: number) =>
  useModelsMutation(projectId, (description: string) => send<unknown>("PATCH", versionPath(projectId, modelId, version), { body: { description } }));

export const useDeleteVersion = (projectId: number, modelId: number) =>
  useModelsMutation(projectId, (version: number) => send<unknown>("DELETE", versionPath(projectId, modelId, version)));

export function useImportCatalog(projectId: number) {
  return useQuery({
    queryKey: ["import-catalog", projectId],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => send<ImportCatalog>("GET", `/v1/models/projects/${projectId}/import-catalog`),
  });
}

const importsPath = (projectId: number, modelId: number): string => `${modelPath(projectId, modelId)}/imports`;

export const beginImport = (projectId: number, modelId: number, wanted: NewModelImport): Promise<ModelImport> =>
  send("POST", importsPath(projectId, modelId), { body: wanted });

export const checkImport = (projectId: number, modelId: number, importId: number): Promise<ModelImport> =>
  send("POST", `${importsPath(projectId, modelId)}/${importId}/check`);

export const importPartUrls = (projectId: number, modelId: number, importId: number, file: number, partNumbers: readonly number[]): Promise<{ readonly items: readonly PartUrl[] }> =>
  send("POST", `${importsPath(projectId, modelId)}/${importId}/part-urls`, { body: { file, part_numbers: partNumbers } });

const isImporting = ({ state }: ModelImport): boolean => state === "submitted";

export function useModelImport(projectId: number, modelId: number, importId: number | null) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "imports", importId],
    enabled: importId !== null,
    queryFn: () => send<ModelImport>("GET", `${importsPath(projectId, modelId)}/${importId ?? 0}`),
    refetchInterval: (query) => (query.state.data && isImporting(query.state.data) ? 1500 : false),
  });
}

export const useSubmitImport = (projectId: number, modelId: number) =>
  useModelsMutation(projectId, (importId: number) => send<ModelImport>("POST", `${importsPath(projectId, modelId)}/${importId}/submit`));

export const useDropImport = (projectId: number, modelId: number) =>
  useModelsMutation(projectId, (importId: number) => send<unknown>("DELETE", `${importsPath(projectId, modelId)}/${importId}`));

export function useVersionComparison(projectId: number, modelId: number, versions: readonly number[]) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "comparison", versions],
    enabled: versions.length > 1,
    queryFn: () => send<VersionComparison>("GET", `${modelPath(projectId, modelId)}/comparison`, { query: { versions: versions.join(",") } }),
  });
}

export function useLineage(projectId: number, modelId: number, version: number) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "version", version, "lineage"],
    queryFn: () => send<VersionLineage>("GET", `${versionPath(projectId, modelId, version)}/lineage`),
  });
}

export function useModelCard(projectId: number, modelId: number, version: number) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "version", version, "card"],
    queryFn: () => send<{ readonly markdown: string }>("GET", `${versionPath(projectId, modelId, version)}/card`),
  });
}

export function useExportVersion(projectId: number, modelId: number, version: number) {
  return useMutation({ mutationFn: () => send<ModelExport>("POST", `${versionPath(projectId, modelId, version)}/exports`, { body: {} }) });
}

export function useVersionExport(projectId: number, modelId: number, version: number, exportId: number | null) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "version", version, "exports", exportId],
    enabled: exportId !== null,
    queryFn: () => send<ModelExport>("GET", `${versionPath(projectId, modelId, version)}/exports/${exportId ?? 0}`),
    refetchInterval: (query) => (query.state.data?.state === "preparing" || !query.state.data ? 1500 : false),
  });
}
