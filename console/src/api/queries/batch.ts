import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { send } from "../client";
import type { BatchPrediction, BatchRequest, BatchSchedule, BatchScheduleRequest, BatchUpload, OutputFile, Rhythm } from "../batch";
import type { Paged } from "../serving";
import { nextCursor, pageQuery } from "./paging";
import { servicesPath } from "./services";

const batchesPath = (projectId: number): string => `${servicesPath(projectId)}/batch-predictions`;
const schedulesPath = (projectId: number): string => `${servicesPath(projectId)}/batch-schedules`;
const batchesKey = (projectId: number) => ["batch-predictions", projectId] as const;
const schedulesKey = (projectId: number) => ["batch-schedules", projectId] as const;

export function isBatchMoving(state: string): boolean {
  return state === "queued" || state === "running" || state === "stopping";
}

export function useBatchPredictions(projectId: number) {
  return useInfiniteQuery({
    queryKey: [...batchesKey(projectId), "list"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => send<Paged<BatchPrediction>>("GET", batchesPath(projectId), { query: pageQuery(pageParam) }),
    getNextPageParam: nextCursor,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some((item) => isBatchMoving(item.state))) ? 4000 : false),
  });
}

export function useBatchPrediction(projectId: number, batchId: number) {
  return useQuery({
    queryKey: [...batchesKey(projectId), batchId],
    queryFn: () => send<BatchPrediction>("GET", `${batchesPath(projectId)}/${batchId}`),
    refetchInterval: (query) => (query.state.data && isBatchMoving(query.state.data.state) ? 2000 : false),
  });
}

export function useCreateBatch(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: BatchRequest) => send<BatchPrediction>("POST", batchesPath(projectId), { body: request }),
    onSuccess: () => queries.invalidateQueries({ queryKey: batchesKey(projectId) }),
  });
}

/** Addresses for files of this computer, and the one that they have together as an input. */
export const beginBatchUpload = (projectId: number, files: readonly { readonly name: string; readonly size_bytes: number }[]): Promise<BatchUpload> =>
  send("POST", `${servicesPath(projectId)}/batch-uploads`, { body: { files } });

export function useBatchOutput(projectId: number, batchId: number, state: string) {
  return useInfiniteQuery({
    queryKey: [...batchesKey(projectId), batchId, "output", state],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => send<Paged<OutputFile>>("GET", `${batchesPath(projectId)}/${batchId}/output`, { query: pageQuery(pageParam) }),
    getNextPageParam: nextCursor,
  });
}

export type BatchAction = "stop" | "resume" | "delete";

export function useBatchAction(projectId: number, batchId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: BatchAction) =>
      action === "delete" ? send<unknown>("DELETE", `${batchesPath(projectId)}/${batchId}`) : send<unknown>("POST", `${batchesPath(projectId)}/${batchId}/${action}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: batchesKey(projectId) }),
  });
}

export function useBatchSchedules(projectId: number) {
  return useInfiniteQuery({
    queryKey: schedulesKey(projectId),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => send<Paged<BatchSchedule>>("GET", schedulesPath(projectId), { query: pageQuery(pageParam) }),
    getNextPageParam: nextCursor,
  });
}

export function useCreateSchedule(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: BatchScheduleRequest) => send<BatchSchedule>("POST", schedulesPath(projectId), { body: request }),
    onSuccess: () => queries.invalidateQueries({ queryKey: schedulesKey(projectId) }),
  });
}

export interface ScheduleChange {
  readonly scheduleId: number;
  /** Null deletes it. */
  readonly change: (Rhythm & Pick<BatchScheduleRequest, "missed">) | null;
}

export function useChangeSchedule(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ scheduleId, change }: ScheduleChange) =>
      change === null ? send<unknown>("DELETE", `${schedulesPath(projectId)}/${scheduleId}`) : send<unknown>("PATCH", `${schedulesPath(projectId)}/${scheduleId}`, { body: change }),
    onSuccess: () => queries.invalidateQueries({ queryKey: schedulesKey(projectId) }),
  });
}
