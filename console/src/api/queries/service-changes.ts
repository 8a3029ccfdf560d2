import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { Recording, SleepRules, Traffic } from "../serving";
import type { Schemas, Service } from "../types";
import { SERVICE, SERVICES, serviceKeys, servicePath } from "./services";

/** Both null: the service is made without resources and waits for them. */
export type Size = Pick<Service, "compute_units" | "instances">;
export type NewService = Omit<Schemas["DeployRequest"], "machine_type">;

function useServicesMutation<V, R>(projectId: number, mutationFn: (value: V) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => Promise.all([serviceKeys.all(projectId), ["models", projectId]].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}

const at = (projectId: number, serviceId: number) => ({ params: { path: servicePath(projectId, serviceId) } });

export const useDeploy = (projectId: number) =>
  useServicesMutation(projectId, (service: NewService) =>
    reply(api.POST(SERVICES, { params: { path: { project_id: projectId } }, body: { ...service, machine_type: "SVC_CPU" } })),
  );

export type ServiceAction = "stop" | "restart" | "wake" | "delete";

async function actOn(projectId: number, serviceId: number, action: ServiceAction): Promise<void> {
  const place = at(projectId, serviceId);
  if (action === "delete") await reply(api.DELETE(SERVICE, place));
  else if (action === "stop") await reply(api.POST(`${SERVICE}/stop`, place));
  else if (action === "restart") await reply(api.POST(`${SERVICE}/restart`, place));
  else await reply(api.POST(`${SERVICE}/wake`, place));
}

export const useServiceAction = (projectId: number, serviceId: number) => useServicesMutation(projectId, (action: ServiceAction) => actOn(projectId, serviceId, action));

export type ServiceChange = Schemas["ChangeRequest"];

export const useChangeService = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (change: ServiceChange) => reply(api.PATCH(SERVICE, { ...at(projectId, serviceId), body: change })));

export const useAddChallenger = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (challenger: Schemas["ChallengerRequest"]) => reply(api.POST(`${SERVICE}/challenger`, { ...at(projectId, serviceId), body: challenger })));

export const useChangeChallenger = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (change: Schemas["ChallengerChange"]) => reply(api.PATCH(`${SERVICE}/challenger`, { ...at(projectId, serviceId), body: change })));

export const useEndChallenger = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (way: "promote" | "remove") =>
    way === "promote" ? reply(api.POST(`${SERVICE}/challenger/promote`, at(projectId, serviceId))) : reply(api.DELETE(`${SERVICE}/challenger`, at(projectId, serviceId))),
  );

export const useSplitTraffic = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (traffic: Traffic) => reply(api.PUT(`${SERVICE}/traffic`, { ...at(projectId, serviceId), body: traffic })));

/** Null takes the policy away. */
export const useSetSleepPolicy = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (rules: SleepRules | null) =>
    rules === null
      ? reply(api.DELETE(`${SERVICE}/sleep-policy`, at(projectId, serviceId)))
      : reply(api.PUT(`${SERVICE}/sleep-policy`, { ...at(projectId, serviceId), body: rules })),
  );

export const useSetRecording = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (recording: Recording) => reply(api.PUT(`${SERVICE}/recording`, { ...at(projectId, serviceId), body: recording })));

export interface RightChange {
  readonly appId: number;
  readonly isGranted: boolean;
}

async function changeRight(projectId: number, serviceId: number, { appId, isGranted }: RightChange): Promise<void> {
  const path = servicePath(projectId, serviceId);
  if (isGranted) await reply(api.POST(`${SERVICE}/call-rights`, { params: { path }, body: { app_id: appId } }));
  else await reply(api.DELETE(`${SERVICE}/call-rights/{app_id}`, { params: { path: { ...path, app_id: appId } } }));
}

export const useChangeRight = (projectId: number, serviceId: number) => useServicesMutation(projectId, (change: RightChange) => changeRight(projectId, serviceId, change));

export const useSetLimits = (projectId: number, serviceId: number) =>
  useServicesMutation(projectId, (limits: Service["limits"]) => reply(api.PUT(`${SERVICE}/limits`, { ...at(projectId, serviceId), body: limits })));

export function useSnippets(projectId: number, serviceId: number) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "snippets"],
    staleTime: 60_000,
    queryFn: async () => (await reply(api.GET(`${SERVICE}/snippets`, at(projectId, serviceId)))).items,
  });
}

export function useCallRights(projectId: number, serviceId: number) {
  return useQuery({
    queryKey: [...serviceKeys.one(projectId, serviceId), "rights"],
    queryFn: () => reply(api.GET(`${SERVICE}/call-rights`, at(projectId, serviceId))),
  });
}
