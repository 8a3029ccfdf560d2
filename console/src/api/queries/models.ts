import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { ModelVersion } from "../types";
import { nextCursor, pageQuery } from "./paging";

export const MODELS = "/v1/models/projects/{project_id}/models";
export const MODEL = "/v1/models/projects/{project_id}/models/{model_id}";
export const VERSION = "/v1/models/projects/{project_id}/models/{model_id}/versions/{version_number}";

export const modelPath = (projectId: number, modelId: number) => ({ project_id: projectId, model_id: modelId });
export const versionPath = (projectId: number, modelId: number, version: number) => ({ ...modelPath(projectId, modelId), version_number: version });

export const modelsKey = (projectId: number) => ["models", projectId] as const;

export function useModels(projectId: number) {
  return useInfiniteQuery({
    queryKey: [...modelsKey(projectId), "list"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(MODELS, { params: { path: { project_id: projectId }, query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
  });
}

export function useModel(projectId: number, modelId: number | undefined) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "detail"],
    enabled: modelId !== undefined,
    queryFn: () => reply(api.GET(MODEL, { params: { path: modelPath(projectId, modelId ?? 0) } })),
  });
}

export function useModelVersions(projectId: number, modelId: number | undefined) {
  return useInfiniteQuery({
    queryKey: [...modelsKey(projectId), modelId, "versions"],
    enabled: modelId !== undefined,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(`${MODEL}/versions`, { params: { path: modelPath(projectId, modelId ?? 0), query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((version) => isPublishing(version.state))) ? 3000 : false,
  });
}

/** A version is usable, failed or gone in the end; everything before is on its way. */
export function isPublishing(state: ModelVersion["state"]): boolean {
  return state === "publishing" || state === "deleting";
}

export function useModelVersion(projectId: number, modelId: number, versionNumber: number) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "version", versionNumber],
    queryFn: () => reply(api.GET(VERSION, { params: { path: versionPath(projectId, modelId, versionNumber) } })),
    refetchInterval: (query) => (query.state.data && isPublishing(query.state.data.state) ? 3000 : false),
  });
}

/** How a version is called once it is deployed. */
export function useApiReference(projectId: number, modelId: number, versionNumber: number) {
  return useQuery({
    queryKey: [...modelsKey(projectId), modelId, "version", versionNumber, "api-reference"],
    queryFn: () => reply(api.GET(`${VERSION}/api-reference`, { params: { path: versionPath(projectId, modelId, versionNumber) } })),
  });
}

export interface Publication {
  readonly runId: number;
  readonly description: string;
  readonly target: { readonly modelId: number } | { readonly name: string; readonly taskType: string };
}

/** Makes the model first where a new one is wanted. */
export function usePublish(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ runId, description, target }: Publication) => {
      const modelId =
        "modelId" in target
          ? target.modelId
          : (
              await reply(
                api.POST(MODELS, {
                  params: { path: { project_id: projectId } },
                  body: { name: target.name, task_type: target.taskType },
                }),
              )
            ).model_id;
      return reply(
        api.POST(`${MODEL}/versions`, {
          params: { path: modelPath(projectId, modelId) },
          body: { run_id: runId, ...(description ? { description } : {}) },
        }),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: modelsKey(projectId) }),
  });
}
