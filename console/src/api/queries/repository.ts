import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { ModelImport, ModelSource, NewModelImport } from "../serving";
import type { ModelVersion, Schemas } from "../types";
import { MODEL, MODELS, modelPath, modelsKey, VERSION, versionPath } from "./models";
import { nextCursor, pageQuery } from "./paging";

const IMPORTS = `${MODEL}/imports` as const;
const IMPORT = `${MODEL}/imports/{import_id}` as const;

export interface ModelFilter {
  readonly task?: string;
  readonly source?: ModelSource;
}

export function useFilteredModels(projectId: number, filter: ModelFilter) {
  return useInfiniteQuery({
    queryKey: [...modelsKey(projectId), "filtered", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(MODELS, { params: { path: { project_id: projectId }, query: { ...filter, ...pageQuery(pageParam) } } })),
    getNextPageParam: nextCursor,
  });
}

function useModelsMutation<V, R>(projectId: number, mutationFn: (value: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: modelsKey(projectId) }) });
}

export const useCreateModel = (projectId: number) =>
  useModelsMutation(projectId, (model: Schemas["ModelRequest"]) => reply(api.POST(MODELS, { params: { path: { project_id: projectId } }, body: model })));

export const useChangeModel = (projectId: number, modelId: number) =>
  useModelsMutation(projectId, (change: Schemas["ModelChanges"]) => reply(api.PATCH(MODEL, { params: { path: modelPath(projectId, modelId) }, body: change })));

export const useDeleteModel = (projectId: number, modelId: number) => useModelsMutation(projectId, () => reply(api.DELETE(MODEL, { params: { path: modelPath(projectId, modelId) } })));

export const useDescribeVersion = (projectId: number, modelId: number, version: number) =>
  useModelsMutation(projectId, (description: string) => reply(api.PATCH(VERSION, { params: { path: versionPath(projectId, modelId, version) }, body: { description } })));

export const useDeleteVersion = (projectId: number, modelId: number) =>
  useModelsMutation(projectId, (version: number) => reply(api.DELETE(VERSION, { params: { path: versionPath(projectId, modelId, version) } })));

export function useImportCatalog(projectId: number) {
  return useQuery({
    queryKey: ["import-catalog", projectId],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => reply(api.GET("/v1/models/projects/{project_id}/import-catalog", { params: { path: { project_id: projectId } } })),
  });
}

/** The framework of an imported version, or the network of one that was trained here. */
export function useFrameworkName(projectId: number): (version: Pick<ModelVersion, "framework" | "network">) => string {
  const { data } = useImportCatalog(projectId);
  return ({ framework, network }) => (framework === null ? network : (data?.frameworks.find(({ code }) => code === framework)?.name ?? framework));
}

const importPath = (projectId: number, modelId: number, importId: number) => ({ ...modelPath(projectId, modelId), import_id: importId });

export const beginImport = (projectId: number, modelId: number, wanted: NewModelImport) => reply(api.POST(IMPORTS, { params: { path: modelPath(projectId, modelId) }, body: wanted }));

export const checkImport = (projectId: number, modelId: number, importId: number) => reply(api.POST(`${IMPORT}/check`, { params: { path: importPath(projectId, modelId, importId) } }));

export const importPartUrls = (projectId: number, modelId: number, importId: number, parts: Schemas["ModelPartNumbers"]) =>
  reply(api.POST(`${IMPORT}/part-urls`, { params: { path: importPath(projectId, modelId, importId) }, body: parts }));

const isImporting = ({ state }: ModelImport): boolean => state === "submitted";

export function useModelImport(projectId: number, modelId: number, importId: number | null) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "imports", importId],
    enabled: importId !== null,
    queryFn: () => reply(api.GET(IMPORT, { params: { path: importPath(projectId, modelId, importId ?? 0) } })),
    refetchInterval: (query) => (query.state.data && isImporting(query.state.data) ? 1500 : false),
  });
}

export const useSubmitImport = (projectId: number, modelId: number) =>
  useModelsMutation(projectId, (importId: number) => reply(api.POST(`${IMPORT}/submit`, { params: { path: importPath(projectId, modelId, importId) } })));

export const useDropImport = (projectId: number, modelId: number) =>
  useModelsMutation(projectId, (importId: number) => reply(api.DELETE(IMPORT, { params: { path: importPath(projectId, modelId, importId) } })));

export function useVersionComparison(projectId: number, modelId: number, versions: readonly number[]) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "comparison", versions],
    enabled: versions.length > 1,
    queryFn: () => reply(api.GET(`${MODEL}/comparison`, { params: { path: modelPath(projectId, modelId), query: { versions: versions.join(",") } } })),
  });
}

export function useLineage(projectId: number, modelId: number, version: number) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "version", version, "lineage"],
    queryFn: () => reply(api.GET(`${VERSION}/lineage`, { params: { path: versionPath(projectId, modelId, version) } })),
  });
}

export function useModelCard(projectId: number, modelId: number, version: number) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "version", version, "card"],
    queryFn: () => reply(api.GET(`${VERSION}/card`, { params: { path: versionPath(projectId, modelId, version) } })),
  });
}

export function useExportVersion(projectId: number, modelId: number, version: number) {
  return useMutation({ mutationFn: () => reply(api.POST(`${VERSION}/exports`, { params: { path: versionPath(projectId, modelId, version) } })) });
}

export function useVersionExport(projectId: number, modelId: number, version: number, exportId: number | null) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "version", version, "exports", exportId],
    enabled: exportId !== null,
    queryFn: () => reply(api.GET(`${VERSION}/exports/{export_id}`, { params: { path: { ...versionPath(projectId, modelId, version), export_id: exportId ?? 0 } } })),
    refetchInterval: (query) => (query.state.data?.state === "preparing" || !query.state.data ? 1500 : false),
  });
}
