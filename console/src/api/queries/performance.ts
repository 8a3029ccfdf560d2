import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { Variant } from "../serving";

const PERFORMANCE = "/v1/services/projects/{project_id}/performance";

export interface MeasuredVersion {
  readonly projectId: number;
  readonly modelId: number;
  readonly version: number;
  readonly variant: Variant;
}

const keyOf = ({ projectId, modelId, version, variant }: MeasuredVersion) => ["performance", projectId, modelId, version, variant] as const;
const toldOf = ({ modelId, version, variant }: MeasuredVersion) => ({ model_id: modelId, model_version: version, variant });

/** What one instance does at each size, once it was measured (spec 03 section 10.1). */
export function usePerformance(measured: MeasuredVersion, isEnabled = true) {
  return useQuery({
    queryKey: keyOf(measured),
    enabled: isEnabled,
    queryFn: () => reply(api.GET(PERFORMANCE, { params: { path: { project_id: measured.projectId }, query: toldOf(measured) } })),
    refetchInterval: (query) => (query.state.data?.state === "measuring" ? 3000 : false),
  });
}

export function useMeasure(measured: MeasuredVersion) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => reply(api.POST(PERFORMANCE, { params: { path: { project_id: measured.projectId } }, body: toldOf(measured) })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(measured) }),
  });
}
