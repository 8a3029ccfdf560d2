import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { BatchRequest, BatchScheduleRequest } from "../batch";
import { api, reply } from "../client";
import type { Schemas } from "../types";
import { nextCursor, pageQuery } from "./paging";

const BATCHES = "/v1/services/projects/{project_id}/batch-predictions";
const BATCH = "/v1/services/projects/{project_id}/batch-predictions/{batch_id}";
const SCHEDULES = "/v1/services/projects/{project_id}/batch-schedules";
const SCHEDULE = "/v1/services/projects/{project_id}/batch-schedules/{schedule_id}";
const UPLOADS = "/v1/services/projects/{project_id}/batch-uploads";

const batchPath = (projectId: number, batchId: number) => ({ project_id: projectId, batch_id: batchId });
const batchesKey = (projectId: number) => ["batch-predictions", projectId] as const;
const schedulesKey = (projectId: number) => ["batch-schedules", projectId] as const;

export function isBatchMoving(state: string): boolean {
  return state === "queued" || state === "running" || state === "stopping";
}

export function useBatchPredictions(projectId: number) {
  return useInfiniteQuery({
    queryKey: [...batchesKey(projectId), "list"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(BATCHES, { params: { path: { project_id: projectId }, query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some((item) => isBatchMoving(item.state))) ? 4000 : false),
  });
}

export function useBatchPrediction(projectId: number, batchId: number) {
  return useQuery({
    queryKey: [...batchesKey(projectId), batchId],
    queryFn: () => reply(api.GET(BATCH, { params: { path: batchPath(projectId, batchId) } })),
    refetchInterval: (query) => (query.state.data && isBatchMoving(query.state.data.state) ? 2000 : false),
  });
}

export function useCreateBatch(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: BatchRequest) => reply(api.POST(BATCHES, { params: { path: { project_id: projectId } }, body: request })),
    onSuccess: () => queries.invalidateQueries({ queryKey: batchesKey(projectId) }),
  });
}

/** Addresses for files of this computer, and the one that they have together as an input. */
export const beginBatchUpload = (projectId: number, files: Schemas["UploadedFile"][]) => reply(api.POST(UPLOADS, { params: { path: { project_id: projectId } }, body: { files } }));

export function useBatchOutput(projectId: number, batchId: number, state: string) {
  return useInfiniteQuery({
    queryKey: [...batchesKey(projectId), batchId, "output", state],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(`${BATCH}/output`, { params: { path: batchPath(projectId, batchId), query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
  });
}

export type BatchAction = "stop" | "resume" | "delete";

async function actOn(projectId: number, batchId: number, action: BatchAction): Promise<void> {
  const params = { path: batchPath(projectId, batchId) };
  if (action === "delete") await reply(api.DELETE(BATCH, { params }));
  else if (action === "stop") await reply(api.POST(`${BATCH}/stop`, { params }));
  else await reply(api.POST(`${BATCH}/resume`, { params }));
}

export function useBatchAction(projectId: number, batchId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: BatchAction) => actOn(projectId, batchId, action),
    onSuccess: () => queries.invalidateQueries({ queryKey: batchesKey(projectId) }),
  });
}

/** All of a project come in one reply. */
export function useBatchSchedules(projectId: number) {
  return useQuery({
    queryKey: schedulesKey(projectId),
    queryFn: () => reply(api.GET(SCHEDULES, { params: { path: { project_id: projectId } } })),
  });
}

export function useCreateSchedule(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: BatchScheduleRequest) => reply(api.POST(SCHEDULES, { params: { path: { project_id: projectId } }, body: request })),
    onSuccess: () => queries.invalidateQueries({ queryKey: schedulesKey(projectId) }),
  });
}

export interface ScheduleChange {
  readonly scheduleId: number;
  /** Null deletes it. */
  readonly change: Schemas["ScheduleChange"] | null;
}

async function changeSchedule(projectId: number, { scheduleId, change }: ScheduleChange): Promise<void> {
  const params = { path: { project_id: projectId, schedule_id: scheduleId } };
  if (change === null) await reply(api.DELETE(SCHEDULE, { params }));
  else await reply(api.PATCH(SCHEDULE, { params, body: change }));
}

export function useChangeSchedule(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wanted: ScheduleChange) => changeSchedule(projectId, wanted),
    onSuccess: () => queries.invalidateQueries({ queryKey: schedulesKey(projectId) }),
  });
}
