import { type QueryKey, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { ServiceState } from "../serving";
import { nextCursor, pageQuery } from "./paging";

export const SERVICES = "/v1/services/projects/{project_id}/services";
export const SERVICE = "/v1/services/projects/{project_id}/services/{service_id}";

export const servicePath = (projectId: number, serviceId: number) => ({ project_id: projectId, service_id: serviceId });

export const serviceKeys = {
  all: (projectId: number): QueryKey => ["services", projectId],
  one: (projectId: number, serviceId: number): QueryKey => ["services", projectId, serviceId],
};

const CHANGING: ReadonlySet<string> = new Set<ServiceState>(["deploying", "updating", "stopping", "waking"]);

export function isChangingService(state: string): boolean {
  return CHANGING.has(state);
}

/** It answers calls now; a service that sleeps is woken by them. */
export function isAnswering(state: string): boolean {
  return state === "running" || state === "updating" || state === "sleeping" || state === "waking";
}

export function useServices(projectId: number) {
  return useInfiniteQuery({
    queryKey: [...serviceKeys.all(projectId), "list"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(SERVICES, { params: { path: { project_id: projectId }, query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((service) => isChangingService(service.state))) ? 4000 : false,
  });
}

export function useService(projectId: number, serviceId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "detail"],
    queryFn: () => reply(api.GET(SERVICE, { params: { path: servicePath(projectId, serviceId) } })),
    refetchInterval: pollMs,
  });
}
