import { type QueryKey, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { TabularRunRequest } from "../tabular";
import type { RunRequest, Schemas, TrainingCatalog } from "../types";
import { nextCursor, pageQuery } from "./paging";

const EXPERIMENTS = "/v1/training/projects/{project_id}/experiments";
const EXPERIMENT = "/v1/training/projects/{project_id}/experiments/{experiment_id}";
const RUN = "/v1/training/projects/{project_id}/runs/{run_id}";

export const trainingKeys = {
  experiments: (projectId: number): QueryKey => ["experiments", projectId],
  runs: (projectId: number, experimentId: number): QueryKey => ["experiments", projectId, experimentId, "runs"],
  run: (projectId: number, runId: number): QueryKey => ["run", projectId, runId],
};

export function useTrainingCatalog() {
  return useQuery({
    queryKey: ["training-catalog"],
    queryFn: async () => {
      const catalog: unknown = await reply(api.GET("/v1/training/catalog"));
      return catalog as TrainingCatalog; // networks and families are open in the description of the API
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useExperiments(projectId: number) {
  return useInfiniteQuery({
    queryKey: [...trainingKeys.experiments(projectId), "list"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      reply(api.GET(EXPERIMENTS, { params: { path: { project_id: projectId }, query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
  });
}

export function useExperiment(projectId: number, experimentId: number | undefined) {
  return useQuery({
    queryKey: [...trainingKeys.experiments(projectId), experimentId, "detail"],
    enabled: experimentId !== undefined,
    queryFn: () =>
      reply(api.GET(EXPERIMENT, { params: { path: { project_id: projectId, experiment_id: experimentId ?? 0 } } })),
  });
}

export interface NewExperiment {
  readonly name: string;
  readonly direction: string;
  readonly task_type: string;
  readonly description?: string;
  readonly ownership?: string;
  readonly industry?: string;
  readonly contact?: string;
  readonly scenario?: string;
}

export function useCreateExperiment(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewExperiment) =>
      reply(api.POST(EXPERIMENTS, { params: { path: { project_id: projectId } }, body: body as never })),
    onSuccess: () => queries.invalidateQueries({ queryKey: trainingKeys.experiments(projectId) }),
  });
}

export const runsQuery = (projectId: number, experimentId: number, limit?: number) => ({
  queryKey: [...trainingKeys.runs(projectId, experimentId), limit ?? "first"],
  queryFn: () =>
    reply(
      api.GET(`${EXPERIMENT}/runs`, {
        params: { path: { project_id: projectId, experiment_id: experimentId }, query: pageQuery(undefined, limit) },
      }),
    ),
});

export function useRuns(projectId: number, experimentId: number) {
  return useInfiniteQuery({
    queryKey: [...trainingKeys.runs(projectId, experimentId), "list"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      reply(
        api.GET(`${EXPERIMENT}/runs`, {
          params: { path: { project_id: projectId, experiment_id: experimentId }, query: pageQuery(pageParam) },
        }),
      ),
    getNextPageParam: nextCursor,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((run) => isActiveRun(run.state))) ? 5000 : false,
  });
}

/** Every task has its own request; the lists of ours are read-only, those of the description are not. */
function useStart<R extends object>(projectId: number, experimentId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: R) =>
      reply(
        api.POST(`${EXPERIMENT}/runs`, {
          params: { path: { project_id: projectId, experiment_id: experimentId } },
          body: body as never,
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: trainingKeys.runs(projectId, experimentId) }),
  });
}

export const useStartRun = (projectId: number, experimentId: number) => useStart<RunRequest>(projectId, experimentId);

export const useStartTabularRun = (projectId: number, experimentId: number) => useStart<TabularRunRequest>(projectId, experimentId);

export function useRun(projectId: number, runId: number, pollMs: number | false = false) {
  return useQuery({
    queryKey: [...trainingKeys.run(projectId, runId), "detail"],
    queryFn: () => reply(api.GET(RUN, { params: { path: { project_id: projectId, run_id: runId } } })),
    refetchInterval: pollMs,
  });
}

export function useRunMetrics(projectId: number, runId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...trainingKeys.run(projectId, runId), "metrics"],
    queryFn: () => reply(api.GET(`${RUN}/metrics`, { params: { path: { project_id: projectId, run_id: runId } } })),
    refetchInterval: pollMs,
  });
}

export function useReport(projectId: number, runId: number) {
  return useQuery({
    queryKey: [...trainingKeys.run(projectId, runId), "report"],
    queryFn: () => reply(api.GET(`${RUN}/report`, { params: { path: { project_id: projectId, run_id: runId } } })),
    staleTime: 60_000,
  });
}

export function useStopRun(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (runId: number) =>
      reply(api.POST(`${RUN}/stop`, { params: { path: { project_id: projectId, run_id: runId } } })),
    onSuccess: (_, runId) => queries.invalidateQueries({ queryKey: trainingKeys.run(projectId, runId) }),
  });
}

export function isActiveRun(state: string): boolean {
  return state !== "succeeded" && state !== "failed" && state !== "stopped";
}

/** The script of a network as it can be started unmodified (spec 03 section 2.4). */
export function usePresetScript(taskType: string, network: string | undefined, wanted: boolean) {
  return useQuery({
    queryKey: ["preset-script", taskType, network],
    enabled: wanted && network !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => reply(api.GET("/v1/training/preset-script", { params: { query: { task_type: taskType, network: network ?? "" } } })),
  });
}

/** An address that the browser saves `report.html` from, good for some minutes. */
export const readReportAddress = (projectId: number, runId: number) =>
  reply(api.GET(`${RUN}/report/download`, { params: { path: { project_id: projectId, run_id: runId } } }));

/** What the model of the last epoch says of a few evaluated samples. */
export function useRunSamples(projectId: number, runId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...trainingKeys.run(projectId, runId), "samples"],
    queryFn: () => reply(api.GET(`${RUN}/samples`, { params: { path: { project_id: projectId, run_id: runId } } })),
    refetchInterval: pollMs,
  });
}

export function useComparison(projectId: number, experimentId: number, runIds: readonly number[]) {
  return useQuery({
    queryKey: [...trainingKeys.runs(projectId, experimentId), "comparison", runIds],
    enabled: runIds.length > 1,
    queryFn: () =>
      reply(
        api.GET(`${EXPERIMENT}/comparison`, {
          params: { path: { project_id: projectId, experiment_id: experimentId }, query: { run_ids: runIds.join(",") } },
        }),
      ),
  });
}

/** What training would see of a sample. */
export const previewAugmentation = (projectId: number, body: Schemas["AugmentationPreviewRequest"]) =>
  reply(api.POST("/v1/training/projects/{project_id}/augmentation-preview", { params: { path: { project_id: projectId } }, body }));
