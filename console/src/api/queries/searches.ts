import { type QueryKey, useQuery } from "@tanstack/react-query";
import { api, reply } from "../client";

const SEARCHES = "/v1/training/projects/{project_id}/searches";
const SEARCH = `${SEARCHES}/{search_id}` as const;

export const searchKeys = {
  all: (projectId: number): QueryKey => ["searches", projectId],
  one: (projectId: number, searchId: number): QueryKey => ["searches", projectId, searchId],
};

export const isActiveSearch = (state: string): boolean => state === "preparing" || state === "running" || state === "stopping";

interface SearchFilter {
  readonly experimentId?: number;
  readonly network?: string | undefined;
  readonly weightsFamily?: string | undefined;
}

/** Finished searches whose result other runs can take. */
export function useSearches(projectId: number, filter: SearchFilter, enabled = true) {
  return useQuery({
    queryKey: [...searchKeys.all(projectId), "list", filter],
    enabled,
    queryFn: () =>
      reply(
        api.GET(SEARCHES, {
          params: {
            path: { project_id: projectId },
            query: { experiment_id: filter.experimentId ?? null, network: filter.network ?? null, weights_family: filter.weightsFamily ?? null },
          },
        }),
      ),
  });
}

const pathOf = (projectId: number, searchId: number) => ({ project_id: projectId, search_id: searchId });

export function useSearch(projectId: number, searchId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...searchKeys.one(projectId, searchId), "detail"],
    queryFn: () => reply(api.GET(SEARCH, { params: { path: pathOf(projectId, searchId) } })),
    refetchInterval: pollMs,
  });
}

/** All trials by number. */
export function useTrials(projectId: number, searchId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...searchKeys.one(projectId, searchId), "trials"],
    queryFn: () => reply(api.GET(`${SEARCH}/trials`, { params: { path: pathOf(projectId, searchId) } })),
    refetchInterval: pollMs,
  });
}

export function useImportance(projectId: number, searchId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...searchKeys.one(projectId, searchId), "importance"],
    queryFn: () => reply(api.GET(`${SEARCH}/importance`, { params: { path: pathOf(projectId, searchId) } })),
    refetchInterval: pollMs,
  });
}
