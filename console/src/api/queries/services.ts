import { type QueryKey, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { Schemas } from "../types";
import { nextCursor, pageQuery } from "./paging";

const SERVICES = "/v1/services/projects/{project_id}/services";
const SERVICE = "/v1/services/projects/{project_id}/services/{service_id}";

export const serviceKeys = {
  all: (projectId: number): QueryKey => ["services", projectId],
  one: (projectId: number, serviceId: number): QueryKey => ["services", projectId, serviceId],
};

export function isChangingService(state: string): boolean {
  return state === "deploying" || state === "updating" || state === "stopping";
}

export function useServices(projectId: number) {
  return useInfiniteQuery({
    queryKey: [...serviceKeys.all(projectId), "list"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      reply(api.GET(SERVICES, { params: { path: { project_id: projectId }, query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((service) => isChangingService(service.state))) ? 4000 : false,
  });
}

export function useService(projectId: number, serviceId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "detail"],
    queryFn: () => reply(api.GET(SERVICE, { params: { path: { project_id: projectId, service_id: serviceId } } })),
    refetchInterval: pollMs,
  });
}

export interface NewService {
  readonly name: string;
  readonly suffix: string;
  readonly model_id: number;
  readonly model_version: number;
  readonly compute_units: number;
  readonly instances: number;
  readonly variant?: Schemas["ModelVariant"]["precision"];
}

export function useDeploy(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (service: NewService) =>
      reply(
        api.POST(SERVICES, {
          params: { path: { project_id: projectId } },
          body: { variant: "fp32", ...service, machine_type: "SVC_CPU" },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: serviceKeys.all(projectId) }),
  });
}

export type ServiceAction = "stop" | "restart" | "delete";

export function useServiceAction(projectId: number, serviceId: number) {
  const queries = useQueryClient();
  const params = { path: { project_id: projectId, service_id: serviceId } };
  return useMutation<unknown, Error, ServiceAction>({
    mutationFn: (action) => {
      if (action === "delete") return reply(api.DELETE(SERVICE, { params }));
      return action === "stop" ? reply(api.POST(`${SERVICE}/stop`, { params })) : reply(api.POST(`${SERVICE}/restart`, { params }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: serviceKeys.all(projectId) }),
  });
}

export interface ServiceChange {
  readonly compute_units: number;
  readonly instances: number;
  readonly model_version: number;
}

export function useChangeService(projectId: number, serviceId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: ServiceChange) =>
      reply(api.PATCH(SERVICE, { params: { path: { project_id: projectId, service_id: serviceId } }, body: change })),
    onSuccess: () => queries.invalidateQueries({ queryKey: serviceKeys.all(projectId) }),
  });
}

export function useServiceCalls(projectId: number, serviceId: number) {
  return useInfiniteQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "calls"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      reply(
        api.GET(`${SERVICE}/calls`, {
          params: { path: { project_id: projectId, service_id: serviceId }, query: pageQuery(pageParam) },
        }),
      ),
    getNextPageParam: nextCursor,
  });
}
