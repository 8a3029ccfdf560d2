import { useMutation, useQuery, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { api, reply } from "../client";
import { ApiError } from "../errors";
import { readAnswer, type Answer } from "../prediction";
import type { Validation } from "../types";

const VALIDATIONS = "/v1/services/projects/{project_id}/validations";
const VALIDATION = `${VALIDATIONS}/{validation_id}` as const;

export const validationKey = (projectId: number, validationId: number): QueryKey => ["validations", projectId, validationId];

const pathOf = (projectId: number, validationId: number) => ({ path: { project_id: projectId, validation_id: validationId } });

/** Looks at a validation again and again, as often as `pollMs` says; null looks at none. */
export function useValidation(projectId: number, validationId: number | null, pollMs: (validation: Validation) => number | false) {
  return useQuery({
    queryKey: validationKey(projectId, validationId ?? 0),
    enabled: validationId !== null,
    queryFn: () => reply(api.GET(VALIDATION, { params: pathOf(projectId, validationId ?? 0) })),
    refetchInterval: (query) => (query.state.data ? pollMs(query.state.data) : false),
  });
}

export interface StartedVersion {
  readonly modelId: number;
  readonly version: number;
  /** A validation that failed: it would be found again as long as it is open, so it ends first. */
  readonly instead?: number;
}

/** Starts the temporary service of a version; one that is open is answered as it is. */
export function useStartValidation(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ modelId, version, instead }: StartedVersion) => {
      if (instead !== undefined) await reply(api.DELETE(VALIDATION, { params: pathOf(projectId, instead) }));
      return reply(api.POST(VALIDATIONS, { params: { path: { project_id: projectId } }, body: { model_id: modelId, model_version: version } }));
    },
    onSuccess: (started) => {
      queries.setQueryData(validationKey(projectId, started.validation_id), started);
    },
  });
}

export function useEndValidation(projectId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (validationId: number) => reply(api.DELETE(VALIDATION, { params: pathOf(projectId, validationId) })),
    onSuccess: (_, validationId) => queries.invalidateQueries({ queryKey: validationKey(projectId, validationId) }),
  });
}

/** Asks the model for an answer of its prediction API; when the platform refuses, the validation is looked at again: it may have ended. */
export function useAskValidation(projectId: number, validationId: number): (request: object) => Promise<Answer> {
  const queries = useQueryClient();
  return async (request) => {
    try {
      return await askValidation(projectId, validationId, request);
    } catch (error) {
      if (error instanceof ApiError) void queries.invalidateQueries({ queryKey: validationKey(projectId, validationId) });
      throw error;
    }
  };
}

/** The answer is read as text: its log id has more digits than a number keeps. */
async function askValidation(projectId: number, validationId: number, request: object): Promise<Answer> {
  const begun = performance.now();
  const answer = await reply(api.POST(`${VALIDATION}/predict`, { params: pathOf(projectId, validationId), body: { ...request }, parseAs: "text" }));
  return readAnswer(answer, 200, performance.now() - begun);
}
