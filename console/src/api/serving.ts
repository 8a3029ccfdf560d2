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
  readonly file: string | null;
  readonly code: string;
  readonly message: string;
}

export interface ModelImport {
  readonly import_id: number;
  readonly state: "uploading" | "checking" | "submitted" | "failed" | "ready";
  readonly uploads: readonly { readonly name: string; readonly url: string }[];
  readonly problems: readonly ModelImportProblem[];
  readonly version_number: number | null;
}

export interface VersionColumn {
  readonly version_number: number;
  readonly network: string | null;
  readonly framework: string | null;
  readonly size_bytes: number | null;
  readonly latency_ms: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly proof: { readonly max_abs_diff: number; readonly tolerance: number } | null;
  readonly datasets: readonly DatasetVersionRef[];
  readonly hyper_parameters: Readonly<Record<string, unknown>>;
}

export interface DatasetVersionRef {
  readonly dataset_id: number;
  readonly version_number: number;
}

export interface VersionComparison {
  readonly versions: readonly VersionColumn[];
}

export interface VersionLineage {
  readonly version: { readonly model_id: number; readonly version_number: number };
  readonly run: { readonly run_id: number; readonly version_number: number; readonly experiment_id: number } | null;
  readonly snapshot: string | null;
  readonly datasets: readonly DatasetVersionRef[];
  readonly hyper_parameters: Readonly<Record<string, unknown>>;
  readonly code_digest: string | null;
  readonly image_digest: string | null;
  readonly services: readonly { readonly service_id: number; readonly name: string; readonly state: string }[];
}

export interface ModelExport {
  readonly export_id: number;
  readonly state: "running" | "succeeded" | "failed";
  readonly url: string | null;
}

export type ServiceState = "deploying" | "running" | "sleeping" | "waking" | "updating" | "stopping" | "stopped" | "failed" | "unconfigured";
export type ServiceActionName = "details" | "restart" | "stop" | "edit" | "change" | "add_version" | "wake" | "delete";
export type Role = "main" | "challenger";

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
  readonly kept_as: string | null;
}

export interface CallDetail extends Call {
  readonly service_id: number;
  readonly request: Readonly<Record<string, unknown>> | null;
  readonly answer: Readonly<Record<string, unknown>> | null;
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
  readonly model_version: number;
  readonly calls: number;
  readonly errors: number;
  readonly duration_ms: number;
}

export interface RoleFigures {
  readonly role: Role;
  readonly model_version: number;
  readonly calls: number;
  readonly errors: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly feedback_count: number;
  readonly feedback_accuracy: number | null;
}

export interface RoleComparison {
  readonly roles: readonly RoleFigures[];
  readonly p_values: { readonly errors: number | null; readonly latency: number | null; readonly accuracy: number | null };
  readonly verdict: "challenger_better" | "main_better" | "no_difference" | "not_enough";
}

export interface PerformancePoint {
  readonly compute_units: number;
  readonly latency_ms: number;
  readonly qps: number;
}

export interface Performance {
  readonly state: "none" | "measuring" | "ready" | "unsupported";
  readonly points: readonly PerformancePoint[];
  readonly measured_at: string | null;
  readonly machine: string | null;
}

export interface Snippet {
  readonly language: "curl" | "python" | "javascript" | "java" | "php" | "cpp";
  readonly file_name: string;
  readonly text: string;
}

export interface LogLine {
  readonly at: string;
  readonly role?: Role;
  readonly message: string;
}

export interface CallRight {
  readonly app_id: number;
  readonly granted_at: string;
}

export const INPUT_FORMATS = ["auto", "jsonl", "folder", "zip", "csv", "parquet"] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];
export const OUTPUT_FORMATS = ["jsonl", "csv", "parquet"] as const;

export interface BatchRequest {
  readonly name: string;
  readonly description?: string;
  readonly model_id: number;
  readonly model_version: number;
  readonly variant: string;
  readonly input: { readonly uri: string } | { readonly files: readonly { readonly name: string; readonly size_bytes: number }[] };
  readonly input_format: InputFormat;
  readonly output: { readonly uri?: string };
  readonly output_format: (typeof OUTPUT_FORMATS)[number];
  readonly machine_type: string;
  readonly nodes: number;
  readonly parameters: { readonly top_num?: number; readonly threshold?: number };
}

export type BatchState = "queued" | "running" | "stopping" | "succeeded" | "failed" | "stopped";

export interface BatchPrediction extends Omit<BatchRequest, "input" | "description"> {
  readonly batch_prediction_id: number;
  readonly description: string;
  readonly state: BatchState;
  readonly done: number;
  readonly total: number | null;
  readonly failed_items: number;
  readonly input_uri: string;
  readonly output_uri: string | null;
  readonly download_url: string | null;
  readonly uploads: readonly { readonly name: string; readonly url: string }[];
  readonly problems: readonly { readonly name: string; readonly error_code: number; readonly error_msg: string }[];
  readonly created_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly minutes: number;
  readonly failure: { readonly message: string } | null;
}

export const SCHEDULE_UNITS = ["minute", "hour", "day", "week", "month"] as const;
export type ScheduleUnit = (typeof SCHEDULE_UNITS)[number];

export interface Rhythm {
  readonly unit: ScheduleUnit;
  readonly every: number;
  readonly starts_at: string;
  readonly ends_at: string | null;
  readonly time_zone: string;
}

export interface BatchScheduleRequest extends Rhythm {
  readonly name: string;
  readonly template: BatchRequest;
  readonly missed: "run_once" | "skip";
}

export interface BatchSchedule extends BatchScheduleRequest {
  readonly schedule_id: number;
  readonly enabled: boolean;
  readonly next_run_at: string | null;
  readonly created_at: string;
}

export type Paged<T> = Page<T>;
