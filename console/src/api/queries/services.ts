import { type QueryKey, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { send } from "../client";
import type { Paged, ServiceState } from "../serving";
import type { Service } from "../types";
import { nextCursor, pageQuery } from "./paging";

export const servicesPath = (projectId: number): string => `/v1/services/projects/${projectId}`;
export const servicePath = (projectId: number, serviceId: number): string => `${servicesPath(projectId)}/services/${serviceId}`;

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
    queryFn: ({ pageParam }) => send<Paged<Service>>("GET", `${servicesPath(projectId)}/services`, { query: pageQuery(pageParam) }),
    getNextPageParam: nextCursor,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((service) => isChangingService(service.state))) ? 4000 : false,
  });
}

export function useService(projectId: number, serviceId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "detail"],
    queryFn: () => send<Service>("GET", servicePath(projectId, serviceId)),
    refetchInterval: pollMs,
  });
}
