/** Models, services and calls by short names; what they are is generated from the description of the control API. */
import type { paths } from "./schema";
import type { Schemas } from "./types";

type QueryOf<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } } ? NonNullable<Q> : never;
/** All values of a union of texts; the compiler refuses a list that lacks one. */
type Every<T extends string, L extends readonly T[]> = [T] extends [L[number]] ? L : never;
const every =
  <T extends string>() =>
  <const L extends readonly T[]>(values: Every<T, L>): L =>
    values;

export type ModelSource = Schemas["ModelSource"];
export const MODEL_SOURCES = every<ModelSource>()(["preset", "local", "notebook", "custom_job"]);
/** Whether a call meets the API of the model's task or its framework's own (spec 08 sections 8 and 9). */
export type Contract = Schemas["ImportRowView"]["contract"];

export type ImportCatalog = Schemas["ImportCatalogView"];
export type Framework = Schemas["FrameworkView"];
export type ImportRow = Schemas["ImportRowView"];
/** How a picture becomes the input of an imported model. */
export type PictureInput = Schemas["PictureInput"];
export type NewModelImport = Schemas["ModelImportRequest"];
export type ModelImport = Schemas["ModelImportView"];
export type ModelImportProblem = Schemas["FileProblem"];
/** How a file goes up: each part is put to its address; `part-urls` gives those that are not here. */
export type ModelUpload = Schemas["ModelUploadView"];

export type VersionComparison = Schemas["VersionComparison"];
export type ComparedRow = Schemas["ComparedRow"];
export type VersionLineage = Schemas["VersionLineage"];

export type ServiceState = Schemas["ServiceState"];
export type ServiceActionName = Schemas["Action"];
export type Challenger = Schemas["OnlineVersion"];
export type Traffic = Schemas["Traffic"];
export type Variant = Schemas["DeployRequest"]["variant"];
export type SleepRules = Omit<Schemas["SleepPolicyView"], "state">;
export type PreWarm = Schemas["Prewarm"];
export type WhileAsleep = Schemas["WhileAsleep"];
export const WHILE_ASLEEP = every<WhileAsleep>()(["wait", "ticket", "refuse"]);
export type Recording = Schemas["Recording"];
export const RECORD_MODES = every<Recording["mode"]>()(["none", "errors", "sampled", "all"]);

/** Who answered: `shadow` is the second version with a copy of a call. */
export type Role = Call["role"];
export const ROLES = every<Role>()(["main", "challenger", "shadow"]);

export type Call = Schemas["CallView"];
export type CallDetail = Schemas["CallDetail"];
export type CallFeedback = Schemas["FeedbackRequest"];
export type CallFilter = Omit<QueryOf<"/v1/services/projects/{project_id}/services/{service_id}/calls">, "limit" | "cursor">;
export type MinuteMetrics = Schemas["MinuteView"];
export type UsageRow = Schemas["UsageView"];
export type UsageFilter = QueryOf<"/v1/services/projects/{project_id}/usage">;
export type RoleComparison = Schemas["OnlineComparison"];
export type RoleFigures = Schemas["RoleFigures"];
export type PerformancePoint = Schemas["CurvePoint"];
export type Snippet = Schemas["Snippet"];
