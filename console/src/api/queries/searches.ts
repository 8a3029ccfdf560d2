import { type QueryKey, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { plannedGet } from "../planned";
import type { Page, ParameterImportance, Search, Trial } from "../types";
import { nextCursor, pageQuery } from "./paging";

const SEARCHES = "/v1/training/projects/{project_id}/searches";
const SEARCH = `${SEARCHES}/{search_id}` as const;
const TRIALS_PER_PAGE = 100;

export const searchKeys = {
  all: (projectId: number): QueryKey => ["searches", projectId],
  one: (projectId: number, searchId: number): QueryKey => ["searches", projectId, searchId],
};

export const isActiveSearch = (state: string): boolean => state === "preparing" || state === "running" || state === "stopping";

interface SearchFilter {
  readonly experimentId: number;
  readonly network?: string | undefined;
}

/** Finished searches whose result another run of the experiment can take. */
export function useSearches(projectId: number, filter: SearchFilter, enabled = true) {
  return useInfiniteQuery({
    queryKey: [...searchKeys.all(projectId), "list", filter.experimentId, filter.network],
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      plannedGet<Page<Search>>(SEARCHES, {
        params: { path: { project_id: projectId }, query: { ...pageQuery(pageParam), experiment_id: filter.experimentId, network: filter.network } },
      }),
    getNextPageParam: nextCursor,
  });
}

const pathOf = (projectId: number, searchId: number) => ({ project_id: projectId, search_id: searchId });

export function useSearch(projectId: number, searchId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...searchKeys.one(projectId, searchId), "detail"],
    queryFn: () => plannedGet<Search>(SEARCH, { params: { path: pathOf(projectId, searchId) } }),
    refetchInterval: pollMs,
  });
}

async function readTrials(projectId: number, searchId: number): Promise<Trial[]> {
  const trials: Trial[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Trial> = await plannedGet(`${SEARCH}/trials`, { params: { path: pathOf(projectId, searchId), query: pageQuery(cursor, TRIALS_PER_PAGE) } });
    trials.push(...page.items);
    cursor = nextCursor(page);
  } while (cursor !== undefined);
  return trials.sort((left, right) => left.number - right.number);
}

/** All trials: charts compare every one of them. */
export function useTrials(projectId: number, searchId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...searchKeys.one(projectId, searchId), "trials"],
    queryFn: () => readTrials(projectId, searchId),
    refetchInterval: pollMs,
  });
}

export function useImportance(projectId: number, searchId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...searchKeys.one(projectId, searchId), "importance"],
    queryFn: () => plannedGet<{ parameters: ParameterImportance[] }>(`${SEARCH}/importance`, { params: { path: pathOf(projectId, searchId) } }),
    refetchInterval: pollMs,
  });
}
