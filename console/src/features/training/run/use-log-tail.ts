import { useQuery, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { api, reply } from "@/api/client";
import { trainingKeys } from "@/api/queries/training";

interface Tail {
  readonly lines: readonly string[];
  readonly after: string | null;
}

const LOGS = "/v1/training/projects/{project_id}/runs/{run_id}/logs";
const START: Tail = { lines: [], after: null };
const MOST_PAGES = 20;

async function readOn(projectId: number, runId: number, tail: Tail): Promise<Tail> {
  let { lines, after } = tail;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const data = await reply(
      api.GET(LOGS, { params: { path: { project_id: projectId, run_id: runId }, query: after === null ? {} : { after } } }),
    );
    if (data.items.length === 0) break;
    lines = [...lines, ...data.items.map((item) => item.message)];
    const next = data.next_after ?? null;
    if (next === null || next === after) break;
    after = next;
  }
  return { lines, after };
}

/** Every refresh asks only for the lines after the last one known. */
export function useLogTail(projectId: number, runId: number, pollMs: number | false) {
  const queries = useQueryClient();
  const queryKey: QueryKey = [...trainingKeys.run(projectId, runId), "logs"];
  const query = useQuery({
    queryKey,
    queryFn: () => readOn(projectId, runId, queries.getQueryData<Tail>(queryKey) ?? START),
    refetchInterval: pollMs,
  });
  return { lines: (query.data ?? START).lines, error: query.error, refetch: () => void query.refetch() };
}
