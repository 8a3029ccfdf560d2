/** Batch predictions and their schedules by short names; what they are is generated from the description of the control API. */
import type { Schemas } from "./types";

export type InputFormat = Schemas["InputFormat"];
export const INPUT_FORMATS: readonly InputFormat[] = ["auto", "jsonl", "folder", "zip", "csv", "parquet"];
export type OutputFormat = Schemas["OutputFormat"];
export const OUTPUT_FORMATS: readonly OutputFormat[] = ["jsonl", "folder", "zip", "csv", "parquet"];

/** What is predicted with what; without an address of the output the platform keeps it. */
export type BatchTemplate = Schemas["BatchTemplate"];
export type BatchRequest = Schemas["BatchRequest"];
export type BatchPrediction = Schemas["BatchView"];

export type ScheduleUnit = Schemas["Unit"];
export const SCHEDULE_UNITS: readonly ScheduleUnit[] = ["minute", "hour", "day", "week", "month"];
export type BatchSchedule = Schemas["ScheduleView"];
export type BatchScheduleRequest = Schemas["ScheduleRequest"];
export type Rhythm = Pick<BatchSchedule, "unit" | "every" | "starts_at" | "ends_at" | "time_zone">;
