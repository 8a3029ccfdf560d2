import { useInfiniteQuery, useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { Schemas } from "../types";
import { datasetKeys, versionPath, type VersionRef } from "./datasets";
import { nextCursor, pageQuery } from "./paging";

const VERSION = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}";
const LABEL = `${VERSION}/labels/{label_name}` as const;
const GROUPS = "/v1/datasets/projects/{project_id}/label-groups";
/** Names may hold what a path cannot carry, so they go as a query parameter; the path's is not read then. */
const IN_QUERY = "-";

export type LabelGroup = Schemas["LabelGroupView"];
export type LabelChanges = Schemas["LabelChanges"];
export type LabelOrder = Schemas["LabelOrder"];

export function useLabelList(ref: VersionRef, name = "", order: LabelOrder = "name") {
  return useInfiniteQuery({
    queryKey: [...datasetKeys.version(ref), "labels", "list", name, order],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      reply(api.GET(`${VERSION}/labels`, { params: { path: versionPath(ref), query: { ...pageQuery(pageParam, 100), order, ...(name ? { name } : {}) } } })),
    getNextPageParam: nextCursor,
  });
}

export const createLabel = (ref: VersionRef, body: Schemas["NewLabel"]) => reply(api.POST(`${VERSION}/labels`, { params: { path: versionPath(ref) }, body }));

const labelParams = (ref: VersionRef, label: string) => ({ path: { ...versionPath(ref), label_name: IN_QUERY }, query: { label } });

export const changeLabel = (ref: VersionRef, label: string, body: LabelChanges) => reply(api.PATCH(LABEL, { params: labelParams(ref, label), body }));

export const deleteLabel = (ref: VersionRef, label: string) => reply(api.DELETE(LABEL, { params: labelParams(ref, label) }));

export function useLabelGroups(projectId: number) {
  return useInfiniteQuery({
    queryKey: ["label-groups", projectId],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(GROUPS, { params: { path: { project_id: projectId }, query: pageQuery(pageParam, 100) } })),
    getNextPageParam: nextCursor,
  });
}

export const createGroup = (projectId: number, body: Schemas["NewLabelGroup"]) => reply(api.POST(GROUPS, { params: { path: { project_id: projectId } }, body }));

export const deleteGroup = (projectId: number, groupId: number) =>
  reply(api.DELETE(`${GROUPS}/{group_id}`, { params: { path: { project_id: projectId, group_id: groupId } } }));

export const applyGroup = (ref: VersionRef, group_id: number) => reply(api.POST(`${VERSION}/label-groups`, { params: { path: versionPath(ref) }, body: { group_id } }));

/** A change of labels or label groups; lists that show them are fetched again. */
export function useChangeLabels(ref: VersionRef) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: () => Promise<unknown>) => change(),
    onSettled: async () => {
      void queries.invalidateQueries({ queryKey: ["label-groups", ref.projectId] });
      await queries.invalidateQueries({ queryKey: [...datasetKeys.version(ref), "labels"] });
    },
  });
}

const MOST_PAGES = 20;

export interface VersionLabels {
  readonly labels: readonly { readonly name: string; readonly sample_count: number }[];
  /** False where a version has more labels than are read here. */
  readonly isComplete: boolean;
}

async function readLabels(ref: VersionRef): Promise<VersionLabels> {
  const labels: { name: string; sample_count: number }[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await reply(api.GET(`${VERSION}/labels`, { params: { path: versionPath(ref), query: pageQuery(cursor, 100) } }));
    labels.push(...found.items.map(({ name, sample_count }) => ({ name, sample_count })));
    cursor = nextCursor(found);
    if (cursor === undefined) return { labels, isComplete: true };
  }
  return { labels, isComplete: false };
}

/** All labels of each version, up to two thousand. */
export function useVersionLabels(refs: readonly VersionRef[]) {
  return useQueries({ queries: refs.map((ref) => ({ queryKey: [...datasetKeys.version(ref), "labels", "all"], queryFn: () => readLabels(ref) })) });
}
