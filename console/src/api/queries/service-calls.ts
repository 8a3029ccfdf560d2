import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { send } from "../client";
import type { Call, CallDetail, CallFeedback, CallFilter, LogLine, MinuteMetrics, Paged, RoleComparison, UsageRow } from "../serving";
import { listOf, nextCursor, pageQuery } from "./paging";
import { serviceKeys, servicePath, servicesPath } from "./services";

type List<T> = readonly T[] | { readonly items: readonly T[] };

export function useServiceCalls(projectId: number, serviceId: number, filter: CallFilter) {
  return useInfiniteQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "calls", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => send<Paged<Call>>("GET", `${servicePath(projectId, serviceId)}/calls`, { query: { ...filter, ...pageQuery(pageParam) } }),
    getNextPageParam: nextCursor,
  });
}

export function useCall(projectId: number, logId: string | null) {
  return useQuery({
    queryKey: ["calls", projectId, logId],
    enabled: logId !== null,
    queryFn: () => send<CallDetail>("GET", `${servicesPath(projectId)}/calls/${logId ?? ""}`),
  });
}

export interface Marking {
  readonly logId: string;
  readonly feedback: CallFeedback;
}

export function useMarkCall(projectId: number, serviceId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ logId, feedback }: Marking) => send<unknown>("PUT", `${servicePath(projectId, serviceId)}/calls/${logId}/feedback`, { body: feedback }),
    onSuccess: (_, { logId }) => queries.invalidateQueries({ queryKey: ["calls", projectId, logId] }),
  });
}

export interface FeedbackImport {
  readonly log_ids: readonly string[];
  readonly dataset_id: number;
  readonly version_number: number;
}

export function useImportFeedback(projectId: number, serviceId: number) {
  return useMutation({
    mutationFn: (wanted: FeedbackImport) => send<{ readonly items: readonly { readonly log_id: string; readonly outcome: string }[] }>("POST", `${servicePath(projectId, serviceId)}/feedback-imports`, { body: wanted }),
  });
}

const LIVE_POLL_MS = 5000;

export function useServiceMetrics(projectId: number, serviceId: number, minutes: number) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "metrics", minutes],
    queryFn: async () => listOf(await send<List<MinuteMetrics>>("GET", `${servicePath(projectId, serviceId)}/metrics`, { query: { minutes } })),
    refetchInterval: LIVE_POLL_MS,
  });
}

export function useRoleComparison(projectId: number, serviceId: number, from: string) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "comparison", from],
    queryFn: () => send<RoleComparison>("GET", `${servicePath(projectId, serviceId)}/comparison`, { query: { from } }),
    refetchInterval: 30_000,
  });
}

export function useServiceLogs(projectId: number, serviceId: number, isFollowing: boolean) {
  return useInfiniteQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "logs"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => send<Paged<LogLine>>("GET", `${servicePath(projectId, serviceId)}/logs`, { query: pageQuery(pageParam, 200) }),
    getNextPageParam: nextCursor,
    refetchInterval: isFollowing ? LIVE_POLL_MS : false,
  });
}

export interface UsageFilter {
  readonly from: string;
  readonly to: string;
  readonly service_id?: number;
  readonly app_id?: number;
}

export function useCallUsage(projectId: number, filter: UsageFilter) {
  return useQuery({
    queryKey: ["call-usage", projectId, filter],
    queryFn: async () => listOf(await send<List<UsageRow>>("GET", `${servicesPath(projectId)}/usage`, { query: filter })),
  });
}
