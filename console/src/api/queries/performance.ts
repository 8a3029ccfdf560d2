import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { send } from "../client";
import type { Performance } from "../serving";
import { servicesPath } from "./services";

export interface MeasuredVersion {
  readonly projectId: number;
  readonly modelId: number;
  readonly version: number;
  readonly variant: string;
}

const keyOf = ({ projectId, modelId, version, variant }: MeasuredVersion) => ["performance", projectId, modelId, version, variant] as const;

/** What one instance does at each size, once it was measured (spec 03 section 10.1). */
export function usePerformance(measured: MeasuredVersion, isEnabled = true) {
  return useQuery({
    queryKey: keyOf(measured),
    enabled: isEnabled,
    queryFn: () =>
      send<Performance>("GET", `${servicesPath(measured.projectId)}/performance`, {
        query: { model_id: measured.modelId, model_version: measured.version, variant: measured.variant },
      }),
    refetchInterval: (query) => (query.state.data?.state === "measuring" ? 3000 : false),
  });
}

export function useMeasure(measured: MeasuredVersion) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      send<unknown>("POST", `${servicesPath(measured.projectId)}/performance`, {
        body: { model_id: measured.modelId, model_version: measured.version, variant: measured.variant },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(measured) }),
  });
}
