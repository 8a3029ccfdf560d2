/** Temporary services of model versions for the mock API: they start within seconds, answer as a deployed model does, and end by themselves. */
import { answerOf } from "./mock-reports.mjs";
import { answerRows, TABULAR } from "./mock-tabular.mjs";

const START_MS = 3000;
const LIFETIME_MS = 30 * 60_000;
const SEGMENTS = { object_detection: "detection", instance_segmentation: "segmentation", semantic_segmentation: "segmentation" };

export function addValidations({ route, find, Problem, world }) {
  const path = "/v1/services/projects/{project}/validations";
  const validations = [];
  const stateOf = ({ endedAt, startedAt }) => {
    if (Date.now() >= endedAt) return "ended";
    return Date.now() - startedAt < START_MS ? "starting" : "ready";
  };
  const view = (validation) => {
    const { startedAt, endedAt, ...told } = validation;
    return { ...told, state: stateOf(validation), failure: null, started_at: new Date(startedAt).toISOString(), ends_at: new Date(endedAt).toISOString() };
  };
  const known = (id) => find(validations, "validation_id", id);

  route("POST", path, ({ body }) => {
    const version = find(world.versions.filter((entry) => entry.model_id === body.model_id), "version_number", body.model_version);
    const open = validations.find((entry) => entry.model_id === body.model_id && entry.model_version === body.model_version && stateOf(entry) !== "ended");
    if (open) return view(open);
    const started = { validation_id: world.newId(), model_id: body.model_id, model_version: body.model_version, task_type: version.task_type, startedAt: Date.now(), endedAt: Date.now() + LIFETIME_MS };
    validations.push(started);
    return view(started);
  });
  route("GET", `${path}/{validation}`, ({ path: { validation } }) => view(known(validation)));
  route("DELETE", `${path}/{validation}`, ({ path: { validation } }) => {
    const ended = known(validation);
    ended.endedAt = Math.min(ended.endedAt, Date.now());
  });
  route("POST", `${path}/{validation}/predict`, ({ path: { validation }, body }) => {
    const asked = known(validation);
    const state = stateOf(asked);
    if (state === "ended") throw new Problem(409, "validation_ended", "The validation is over, start another one.");
    if (state !== "ready") throw new Problem(409, "validation_not_ready", "The temporary service is still starting.");
    if (asked.task_type === TABULAR) return answerRows(body);
    return asked.task_type in SEGMENTS ? answerOf(SEGMENTS[asked.task_type]) : world.prediction();
  });
}
