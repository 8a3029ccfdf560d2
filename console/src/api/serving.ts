/** Models, services, calls and batch predictions as the control API tells them (issue of models and services, contract). */
import type { Page } from "./types";

export const MODEL_SOURCES = ["preset", "local", "notebook", "custom_job"] as const;
export type ModelSource = (typeof MODEL_SOURCES)[number];

/** Whether a call meets the API of the model's task or its framework's own (spec 08 sections 8 and 9). */
export type Contract = "task" | "framework";

export interface ModelFacts {
  readonly source: ModelSource;
  readonly version_count: number;
  readonly service_id: number | null;
}

export interface VersionFacts {
  /** Null of a version that was not trained here. */
  readonly run_id: number | null;
  readonly source: ModelSource;
  readonly framework: string | null;
  readonly contract: Contract;
  readonly image: string | null;
  readonly deployments: readonly ("cloud" | "edge")[];
  readonly can_validate: boolean;
  readonly has_report: boolean;
  readonly deployed: boolean;
}

export interface Framework {
  readonly code: string;
  readonly name: string;
  readonly image: string | null;
  readonly service_code: "none" | "wrapper" | "functions";
  readonly refusal_en: string | null;
  readonly refusal_zh: string | null;
}

export interface ImportRow {
  readonly task: string;
  readonly frameworks: readonly string[];
  readonly contract: Contract;
  readonly deployments: readonly ("cloud" | "edge")[];
  readonly extension: boolean;
}

export interface ImportCatalog {
  readonly frameworks: readonly Framework[];
  readonly imports: readonly ImportRow[];
}

/** How a picture becomes the input of an imported model. */
export interface PictureInput {
  readonly size: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly channels: "rgb" | "bgr";
  readonly layout: "chw" | "hwc";
  readonly resize: "cover" | "stretch";
}

export interface NewModelImport {
  readonly framework: string;
  readonly files?: readonly { readonly name: string; readonly size_bytes: number }[];
  readonly s3_uri?: string;
  readonly description?: string;
  readonly picture?: PictureInput;
  readonly labels_file?: string;
  readonly model_file?: string;
  readonly code_file?: string;
}

export interface ModelImportProblem {
  /** Empty where it is about all files. */
  readonly file: string;
  readonly code: string;
  readonly message: string;
}

/** How a file goes up: each part is put to its address; `part-urls` gives those that are not here. */
export interface ModelUpload {
  readonly file: number;
  readonly name: string;
  readonly part_size_bytes: number;
  readonly part_count: number;
  readonly parts: readonly PartUrl[];
}

export interface PartUrl {
  readonly part_number: number;
  readonly url: string;
}

export interface ModelImport {
  readonly import_id: number;
  /** `checking`: the files are whole and were looked at; without problems they can be submitted. */
  readonly state: "uploading" | "checking" | "submitted" | "failed" | "ready";
  readonly uploads: readonly ModelUpload[];
  readonly problems: readonly ModelImportProblem[];
  readonly version_number: number | null;
}

export interface DatasetVersionRef {
  readonly dataset_id: number;
  readonly version_number: number;
}

export type ComparedGroup = "about" | "metric" | "proof" | "size" | "latency" | "data" | "hyper_parameter";

export interface ComparedRow {
  readonly group: ComparedGroup;
  readonly name: string;
  /** One for each version; null where it has none. */
  readonly values: readonly (string | number | null)[];
  readonly differs: boolean;
}

export interface VersionComparison {
  readonly versions: readonly number[];
  readonly rows: readonly ComparedRow[];
}

export interface VersionLineage {
  readonly run: { readonly run_id: number; readonly name: string; readonly experiment_id: number } | null;
  readonly snapshot: string | null;
  readonly datasets: readonly DatasetVersionRef[];
  readonly hyper_parameters: Readonly<Record<string, unknown>>;
  readonly code_digest: string | null;
  readonly image_digest: string | null;
  readonly content_digest: string | null;
  /** What uses the version now; a service by its id. */
  readonly services: readonly { readonly by: string; readonly service_id: number | null }[];
}

export interface ModelExport {
  readonly export_id: number;
  readonly state: "preparing" | "ready" | "failed" | "expired";
  readonly failure: string | null;
  readonly url: string | null;
}

export type ServiceState = "deploying" | "running" | "sleeping" | "waking" | "updating" | "stopping" | "stopped" | "failed" | "unconfigured";
export type ServiceActionName = "details" | "restart" | "stop" | "edit" | "change" | "add_version" | "wake" | "delete";
export const ROLES = ["main", "challenger", "shadow"] as const;
/** Who answered: `shadow` is the second version with a copy of a call. */
export type Role = (typeof ROLES)[number];

export interface Challenger {
  readonly model_version: number;
  readonly variant: string;
  readonly compute_units: number;
  readonly instances: number;
  readonly state: ServiceState;
  readonly failure: { readonly message: string } | null;
  readonly running_since: string | null;
  readonly price_per_hour: string;
}

export interface Traffic {
  readonly challenger_share: number;
  readonly sticky: boolean;
  readonly shadow: boolean;
}

export const WHILE_ASLEEP = ["wait", "ticket", "refuse"] as const;
export type WhileAsleep = (typeof WHILE_ASLEEP)[number];

export interface PreWarm {
  readonly cron: string;
  readonly time_zone: string;
}

export interface SleepRules {
  readonly idle_minutes: number;
  readonly starts_at: string | null;
  readonly ends_at: string | null;
  readonly while_asleep: WhileAsleep;
  readonly prewarm: readonly PreWarm[];
}

export type PolicyState = "none" | "pending" | "active" | "expired";
export interface SleepPolicy extends SleepRules {
  readonly state: PolicyState;
}

export const RECORD_MODES = ["none", "errors", "sampled", "all"] as const;
export interface Recording {
  readonly mode: (typeof RECORD_MODES)[number];
  readonly percent: number;
  readonly keep_inputs: boolean;
}

export interface ServiceFacts {
  readonly state: ServiceState;
  readonly compute_units: number | null;
  readonly instances: number | null;
  readonly price_per_hour: string | null;
  readonly image: string;
  readonly challenger: Challenger | null;
  readonly traffic: Traffic;
  readonly sleep_policy: SleepPolicy | null;
  readonly recording: Recording;
  readonly last_call_at: string | null;
  readonly actions: readonly ServiceActionName[];
}

export interface Call {
  /** Text: it has more digits than a number keeps. */
  readonly log_id: string;
  readonly app_id: number;
  readonly at: string;
  readonly error_code: number | null;
  readonly duration_ms: number;
  readonly role: Role;
  readonly model_version: number | null;
  readonly waited_ms: number;
  readonly labels: readonly string[];
  readonly service_id: number;
  /** What was sent and answered is kept. */
  readonly kept: boolean;
}

export interface CallDetail extends Call {
  /** Null where it was not kept, or is too large to be shown: then `content_url` may read it. */
  readonly content: { readonly content_type: string; readonly request: string | null; readonly request_base64: string | null; readonly answer: string } | null;
  readonly content_url: string | null;
  readonly feedback: CallFeedback | null;
}

export interface CallFeedback {
  readonly correct: boolean;
  readonly expected?: readonly string[];
}

export interface CallFilter {
  readonly from?: string;
  readonly to?: string;
  readonly app_id?: number;
  readonly error_code?: number;
  readonly model_version?: number;
  readonly role?: Role;
  readonly label?: string;
  readonly failed?: boolean;
}

export interface MinuteMetrics {
  readonly at: string;
  readonly role: Role;
  readonly calls: number;
  readonly errors: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
}

export interface UsageRow {
  readonly day: string;
  readonly service_id: number;
  readonly app_id: number;
  /** Null of calls that no model was asked for. */
  readonly model_version: number | null;
  readonly calls: number;
  readonly errors: number;
  readonly duration_ms: number;
}

export interface RoleFigures {
  readonly role: Role;
  readonly model_versions: readonly number[];
  readonly calls: number;
  readonly errors: number;
  readonly error_rate: number | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  /** Answers that people said something of, and the share of these that were right. */
  readonly feedback: number;
  readonly accuracy: number | null;
}

export interface MeasureTest {
  readonly measure: "error_rate" | "latency" | "accuracy";
  readonly adjusted_p_value: number | null;
  readonly significant: boolean;
}

export interface RoleComparison {
  readonly roles: readonly RoleFigures[];
  readonly tests: readonly MeasureTest[];
  readonly verdict: "too_little_data" | "no_difference" | "challenger_better" | "challenger_worse" | "mixed";
}

export interface PerformancePoint {
  readonly compute_units: number;
  readonly latency_ms: number;
  readonly qps: number;
  /** Those that are not are foretold from those that are. */
  readonly measured: boolean;
}

export interface Performance {
  readonly state: "none" | "measuring" | "ready" | "unsupported";
  readonly points: readonly PerformancePoint[];
  readonly measured_at: string | null;
  readonly machine: string | null;
  /** Why the last measurement gave no figures. */
  readonly failure: { readonly message: string } | null;
}

export interface Snippet {
  readonly language: "curl" | "python" | "javascript" | "java" | "php" | "cpp";
  readonly file_name: string;
  readonly text: string;
}

export interface LogLine {
  readonly id: string;
  readonly at: string;
  readonly instance: string;
  readonly text: string;
}

export interface CallRight {
  readonly app_id: number;
  readonly granted_at: string;
}

export type Paged<T> = Page<T>;
