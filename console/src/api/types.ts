import type { components, paths } from "./schema";

type Content<R> = R extends { content: { "application/json": infer T } } ? T : never;
type Success<R> = {
  [S in keyof R & (200 | 201 | 202)]: Content<R[S]>;
}[keyof R & (200 | 201 | 202)];
type Reply<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { responses: infer R } ? Success<R> : never;
type Item<T> = T extends { items: (infer I)[] } ? I : never;
type Sent<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends {
  requestBody: { content: { "application/json": infer T } };
}
  ? T
  : never;

type DatasetsPath = "/v1/datasets/projects/{project_id}/datasets";
type VersionPath = `${DatasetsPath}/{dataset_id}/versions/{version_number}`;
type TrainingPath = "/v1/training/projects/{project_id}";

/** Objects of the API by their own names. */
export type Schemas = components["schemas"];

export type SignInReply = Reply<"/v1/identity/sessions", "post">;
export type Tokens = Reply<"/v1/identity/sessions/refresh", "post">;
export type Me = Reply<"/v1/identity/me", "get">;
export type Application = Item<Reply<"/v1/identity/applications", "get">>;

export type DatasetKind = Item<Reply<"/v1/datasets/kinds", "get">>;
export type DataFormat = Reply<"/v1/datasets/kinds", "get">["formats"][number];
export type NewDataset = Sent<DatasetsPath, "post">;
export type TrainedModel = Item<Reply<`${VersionPath}/models`, "get">>;
export type Dataset = Item<Reply<DatasetsPath, "get">>;
export type DatasetVersion = Item<Reply<`${DatasetsPath}/{dataset_id}/versions`, "get">>;
export type DataImport = Item<Reply<`${VersionPath}/imports`, "get">>;
export type NewImport = Sent<`${VersionPath}/imports`, "post">;
export type ImportProblem = Item<Reply<`${VersionPath}/imports/{import_id}/problems`, "get">>;
export type StoredPart = Item<Reply<`${VersionPath}/imports/{import_id}/parts`, "get">>;
export type Label = Item<Reply<`${VersionPath}/labels`, "get">>;
export type Sample = Schemas["SampleView"];
export type SampleDetail = Schemas["SampleDetail"];
export type Annotation = Schemas["Annotation"];

/** Parts of the catalogue that the description of the API leaves open: they are passed on as the catalogue's files hold them. */
export interface Network {
  readonly name: string;
  readonly task: string;
  readonly family: string;
  readonly adapter?: string;
  readonly anchors?: boolean;
  readonly recommended: boolean;
  readonly published?: { readonly metric: string; readonly value: number; readonly data: string } | null;
  readonly cpu_ms?: number | null;
  /** Names of the manual that it stands in for. */
  readonly replaces?: readonly string[];
  readonly input_size?: number;
  readonly input_multiple?: number;
  readonly batch_size?: number;
  readonly learning_rate?: number;
  readonly weights: readonly { readonly family: string; readonly tag: string; readonly licence: string }[];
  readonly recommended_for_en?: string;
  readonly recommended_for_zh?: string;
  readonly excluded_machines?: readonly string[];
}
export interface NetworkFamily {
  readonly name: string;
  readonly task: string;
  readonly label_en: string;
  readonly label_zh: string;
}
export type AugmentationOperator = Schemas["openbml_catalog__augmentation__Operator"];
export type ValueType = Schemas["ValueType"];
/** What is tried of one hyper-parameter. */
export type SearchRange = Schemas["ParameterSpace"];
/** A hyper-parameter that a search can choose, and the value types it may have (spec 03 section 2.12). */
export type SearchParameter = Omit<Schemas["SearchParameterEntry"], "task">;
export type SearchStrategy = Schemas["StrategyName"];
export type SearchField = Omit<Schemas["SearchField"], "name"> & { readonly name: SearchFieldName };
/** What the catalogue knows of searches for one task. */
export interface SearchCatalog {
  readonly strategies: readonly Schemas["Strategy"][];
  readonly fields: readonly SearchField[];
  readonly parameters: readonly SearchParameter[];
}
export type SearchFieldName = Exclude<keyof Schemas["SearchConfig"], "strategy" | "space">;
export type SearchConfig = Schemas["SearchConfig"];
export type TrainingCatalog = Omit<Reply<"/v1/training/catalog", "get">, "networks" | "families"> & {
  readonly networks: readonly Network[];
  readonly families: readonly NetworkFamily[];
};
export type TrainingTask = TrainingCatalog["tasks"][number];
export type HyperParameter = TrainingCatalog["hyper_parameters"][number];
export type Machine = TrainingCatalog["machines"][number];
export type Experiment = Item<Reply<`${TrainingPath}/experiments`, "get">>;
export type Run = Reply<`${TrainingPath}/runs/{run_id}`, "get">;
export type Selection = Run["training_data"][number];
/** What is left out is the catalogue's default. */
export type AugmentationSetting = Partial<Schemas["AugmentationSettings"]> & Pick<Schemas["AugmentationSettings"], "mode">;
export type HyperParameterSource =
  | { readonly kind: "manual" }
  | { readonly kind: "script"; readonly script: string }
  | { readonly kind: "search"; readonly search: SearchConfig }
  | { readonly kind: "existing"; readonly search_id: number };
export interface RunRequest {
  readonly training_data: readonly { readonly dataset_id: number; readonly version_number: number; readonly labels?: readonly string[] }[];
  readonly evaluation_data?: RunRequest["training_data"];
  readonly network: string;
  readonly hyper_parameters: Readonly<Record<string, string | number>>;
  readonly augmentation?: AugmentationSetting;
  readonly base_run_id?: number;
  readonly subnet?: { readonly run_id: number; readonly subnet_id: number };
  readonly hyper_parameter_source?: HyperParameterSource;
  readonly machine_type: string;
  readonly node_count: number;
  readonly max_training_minutes: number;
  readonly remark?: string;
}
export type Search = Schemas["SearchView"];
export type Trial = Schemas["TrialView"];
export type Importance = Schemas["ImportanceView"];
export type Comparison = Schemas["Comparison"];

export type Model = Schemas["ModelView"];
export type ModelVersion = Schemas["ModelVersionView"];
/** A version with what its rows are made of, which a list leaves out. */
export type ModelVersionDetail = Schemas["ModelVersionDetail"];

export type Service = Schemas["ServiceView"];
export type Validation = Schemas["ValidationView"];

export type Bill = Reply<"/v1/metering/bill", "get">;
export type BillItem = Bill["items"][number];
export type LedgerEntry = Item<Reply<"/v1/metering/ledger", "get">>;
export type Price = Reply<"/v1/metering/prices", "get">["prices"][number];

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
