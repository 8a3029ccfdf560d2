/** Batch predictions and their schedules as the control API tells them (spec 03 section 9.6). */

export const INPUT_FORMATS = ["auto", "jsonl", "folder", "zip", "csv", "parquet"] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];
export const OUTPUT_FORMATS = ["jsonl", "folder", "zip", "csv", "parquet"] as const;

/** What is predicted with what; without an address of the output the platform keeps it. */
export interface BatchTemplate {
  readonly model_id: number;
  readonly model_version: number;
  readonly variant: string;
  readonly input: { readonly uri: string };
  readonly input_format: InputFormat;
  readonly output: { readonly uri?: string };
  readonly output_format: (typeof OUTPUT_FORMATS)[number];
  readonly machine_type: string;
  readonly nodes: number;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface BatchRequest extends BatchTemplate {
  readonly name: string;
  readonly description?: string;
}

/** `input_uri` is the input of a batch prediction, once the files are there. */
export interface BatchUpload {
  readonly input_uri: string;
  readonly uploads: readonly { readonly name: string; readonly url: string }[];
}

export type BatchState = "queued" | "running" | "stopping" | "succeeded" | "failed" | "stopped";

export interface BatchPrediction extends Omit<BatchTemplate, "output"> {
  readonly batch_id: number;
  readonly name: string;
  readonly description: string;
  readonly state: BatchState;
  readonly done: number;
  /** Null while the job does not know. */
  readonly total: number | null;
  /** Of the input that was read, 0 to 1. */
  readonly share: number;
  readonly failed_items: number;
  readonly output_uri: string;
  readonly schedule_id: number | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly minutes: number;
  readonly price_per_minute: string;
  readonly failure: { readonly message: string } | null;
}

export interface OutputFile {
  readonly name: string;
  readonly size_bytes: number;
  readonly url: string;
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
  readonly template: BatchTemplate;
  readonly missed: "run_once" | "skip";
}

export interface BatchSchedule extends BatchScheduleRequest {
  readonly schedule_id: number;
  readonly next_due_at: string | null;
  readonly last_batch_id: number | null;
  readonly created_at: string;
}
