import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { CallFeedback, CallFilter, UsageFilter } from "../serving";
import type { Schemas } from "../types";
import { nextCursor, pageQuery } from "./paging";
import { SERVICE, serviceKeys, servicePath } from "./services";

const CALL = "/v1/services/projects/{project_id}/calls/{log_id}";
const USAGE = "/v1/services/projects/{project_id}/usage";

export function useServiceCalls(projectId: number, serviceId: number, filter: CallFilter) {
  return useInfiniteQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "calls", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(`${SERVICE}/calls`, { params: { path: servicePath(projectId, serviceId), query: { ...filter, ...pageQuery(pageParam) } } })),
    getNextPageParam: nextCursor,
  });
}

export function useCall(projectId: number, logId: string | null) {
  return useQuery({
    queryKey: ["calls", projectId, logId],
    enabled: logId !== null,
    queryFn: () => reply(api.GET(CALL, { params: { path: { project_id: projectId, log_id: logId ?? "" } } })),
  });
}

export interface Marking {
  readonly logId: string;
  readonly feedback: CallFeedback;
}

export function useMarkCall(projectId: number, serviceId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ logId, feedback }: Marking) =>
      reply(api.PUT(`${SERVICE}/calls/{log_id}/feedback`, { params: { path: { ...servicePath(projectId, serviceId), log_id: logId } }, body: feedback })),
    onSuccess: (_, { logId }) => queries.invalidateQueries({ queryKey: ["calls", projectId, logId] }),
  });
}

export function useImportFeedback(projectId: number, serviceId: number) {
  return useMutation({
    mutationFn: (wanted: Schemas["FeedbackImportRequest"]) => reply(api.POST(`${SERVICE}/feedback-imports`, { params: { path: servicePath(projectId, serviceId) }, body: wanted })),
  });
}

const LIVE_POLL_MS = 5000;

export function useServiceMetrics(projectId: number, serviceId: number, minutes: number) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "metrics", minutes],
    queryFn: async () => (await reply(api.GET(`${SERVICE}/metrics`, { params: { path: servicePath(projectId, serviceId), query: { minutes } } }))).items,
    refetchInterval: LIVE_POLL_MS,
  });
}

export function useRoleComparison(projectId: number, serviceId: number, from: string) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "comparison", from],
    queryFn: () => reply(api.GET(`${SERVICE}/comparison`, { params: { path: servicePath(projectId, serviceId), query: { from } } })),
    refetchInterval: 30_000,
  });
}

export function useServiceLogs(projectId: number, serviceId: number, role: Schemas["Role"], isFollowing: boolean) {
  return useInfiniteQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "logs", role],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(`${SERVICE}/logs`, { params: { path: servicePath(projectId, serviceId), query: { role, ...pageQuery(pageParam, 200) } } })),
    getNextPageParam: nextCursor,
    refetchInterval: isFollowing ? LIVE_POLL_MS : false,
  });
}

export function useCallUsage(projectId: number, filter: UsageFilter) {
  return useQuery({
    queryKey: ["call-usage", projectId, filter],
    queryFn: async () => (await reply(api.GET(USAGE, { params: { path: { project_id: projectId }, query: filter } }))).items,
  });
}
