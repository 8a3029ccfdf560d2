import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { send } from "../client";
import type { CallRight, Recording, SleepRules, Snippet, Traffic } from "../serving";
import type { Service } from "../types";
import { listOf } from "./paging";
import { serviceKeys, servicePath, servicesPath } from "./services";

export interface Size {
  /** Both null: the service is made without resources and waits for them. */
  readonly compute_units: number | null;
  readonly instances: number | null;
}

export interface NewService extends Size {
  readonly name: string;
  readonly suffix: string;
  readonly model_id: number;
  readonly model_version: number;
  readonly variant: string;
}

function useServicesMutation<V, R>(projectId: number, mutationFn: (value: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => Promise.all([serviceKeys.all(projectId), ["models", projectId]].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}

export const useDeploy = (projectId: number) =>
  useServicesMutation(projectId, (service: NewService) => send<Service>("POST", `${servicesPath(projectId)}/services`, { body: { ...service, machine_type: "SVC_CPU" } }));

export type ServiceAction = "stop" | "restart" | "wake" | "delete";

export const useServiceAction = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (action: ServiceAction) =>
    action === "delete" ? send<unknown>("DELETE", servicePath(projectId, serviceId)) : send<unknown>("POST", `${servicePath(projectId, serviceId)}/${action}`),
  );

export interface ServiceChange {
  readonly compute_units?: number;
  readonly instances?: number;
  readonly model_version?: number;
  readonly variant?: string;
}

export const useChangeService = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (change: ServiceChange) => send<Service>("PATCH", servicePath(projectId, serviceId), { body: change }));

export interface NewChallenger {
  readonly model_version: number;
  readonly compute_units: number;
  readonly instances: number;
  readonly variant: string;
  readonly share: number;
}

export const useAddChallenger = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (challenger: NewChallenger) => send<Service>("POST", `${servicePath(projectId, serviceId)}/challenger`, { body: challenger }));

export const useEndChallenger = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (way: "promote" | "remove") =>
    way === "promote" ? send<Service>("POST", `${servicePath(projectId, serviceId)}/challenger/promote`) : send<unknown>("DELETE", `${servicePath(projectId, serviceId)}/challenger`),
  );

export const useSplitTraffic = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (traffic: Traffic) => send<Service>("PUT", `${servicePath(projectId, serviceId)}/traffic`, { body: traffic }));

/** Null takes the policy away. */
export const useSetSleepPolicy = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (rules: SleepRules | null) =>
    rules === null ? send<unknown>("DELETE", `${servicePath(projectId, serviceId)}/sleep-policy`) : send<Service>("PUT", `${servicePath(projectId, serviceId)}/sleep-policy`, { body: rules }),
  );

export const useSetRecording = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (recording: Recording) => send<Service>("PUT", `${servicePath(projectId, serviceId)}/recording`, { body: recording }));

export interface RightChange {
  readonly appId: number;
  readonly isGranted: boolean;
}

export const useChangeRight = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, ({ appId, isGranted }: RightChange) =>
    isGranted
      ? send<unknown>("POST", `${servicePath(projectId, serviceId)}/call-rights`, { body: { app_id: appId } })
      : send<unknown>("DELETE", `${servicePath(projectId, serviceId)}/call-rights/${appId}`),
  );

export const useSetLimits = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (limits: Service["limits"]) => send<Service>("PUT", `${servicePath(projectId, serviceId)}/limits`, { body: limits }));

export function useSnippets(projectId: number, serviceId: number) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "snippets"],
    staleTime: 60_000,
    queryFn: async () => listOf(await send<Snippet[] | { readonly items: Snippet[] }>("GET", `${servicePath(projectId, serviceId)}/snippets`)),
  });
}

export function useCallRights(projectId: number, serviceId: number) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "rights"],
    queryFn: () => send<{ readonly items: readonly CallRight[] }>("GET", `${servicePath(projectId, serviceId)}/call-rights`),
  });
}
