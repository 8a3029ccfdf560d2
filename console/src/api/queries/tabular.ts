import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, reply } from "../client";
import { TABULAR_TASK, type AlgorithmType, type TrainingWay } from "../tabular";
import { trainingKeys } from "./training";

const COLUMNS = "/v1/training/projects/{project_id}/table-columns";
const LEADERBOARD = "/v1/training/projects/{project_id}/runs/{run_id}/leaderboard";

export interface TableVersion {
  readonly dataset_id?: number;
  readonly version_number?: number;
}

/** The columns of a table, and what its target asks for once one is chosen; both of its first rows. */
export function useTableColumns(projectId: number, { dataset_id, version_number }: TableVersion, target: string | undefined) {
  return useQuery({
    queryKey: ["table-columns", projectId, dataset_id, version_number, target ?? null],
    enabled: dataset_id !== undefined && version_number !== undefined,
    staleTime: 60_000,
    placeholderData: keepPreviousData, // another target must not take the table away
    queryFn: () =>
      reply(
        api.GET(COLUMNS, {
          params: { path: { project_id: projectId }, query: { dataset_id: dataset_id ?? 0, version_number: version_number ?? 0, ...(target ? { target } : {}) } },
        }),
      ),
  });
}

export interface ScriptWish {
  readonly network: string | undefined;
  readonly algorithmType: AlgorithmType | undefined;
  readonly trainingWay: TrainingWay;
}

/** The script of a model type for what is predicted and the way it is trained (spec 03 section 4.3). */
export function useTabularScript({ network, algorithmType, trainingWay }: ScriptWish) {
  return useQuery({
    queryKey: ["preset-script", "tabular", network, algorithmType, trainingWay],
    enabled: network !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () =>
      reply(
        api.GET("/v1/training/preset-script", {
          params: { query: { task_type: TABULAR_TASK, network: network ?? "", ...(algorithmType ? { algorithm_type: algorithmType } : {}), training_way: trainingWay } },
        }),
      ),
  });
}

export function useLeaderboard(projectId: number, runId: number, pollMs: number | false) {
  return useQuery({
    queryKey: [...trainingKeys.run(projectId, runId), "leaderboard"],
    queryFn: () => reply(api.GET(LEADERBOARD, { params: { path: { project_id: projectId, run_id: runId } } })),
    refetchInterval: pollMs,
  });
}
