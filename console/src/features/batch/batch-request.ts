import type { BatchRequest, BatchScheduleRequest, BatchTemplate, InputFormat, Rhythm } from "@/api/batch";
import type { Variant } from "@/api/serving";

export interface BatchValues {
  readonly name: string;
  readonly description?: string;
  readonly model_id: number;
  readonly model_version: number;
  readonly variant?: Variant;
  readonly way: "address" | "files";
  readonly uri?: string;
  readonly input_format: InputFormat;
  readonly output_uri?: string;
  readonly output_format: BatchRequest["output_format"];
  readonly machine_type: string;
  readonly nodes: number;
  readonly top_num?: number | null;
  readonly threshold?: number | null;
}

/** What is left empty is the platform's default; files that were sent have an address as well. */
function templateOf(values: BatchValues, inputUri: string): BatchTemplate {
  const output = values.output_uri?.trim();
  return {
    model_id: values.model_id,
    model_version: values.model_version,
    variant: values.variant ?? "fp32",
    input: { uri: inputUri },
    input_format: values.input_format,
    output: output ? { uri: output } : {},
    output_format: values.output_format,
    machine_type: values.machine_type,
    nodes: values.nodes,
    parameters: {
      ...(values.top_num ? { top_num: values.top_num } : {}),
      ...(typeof values.threshold === "number" ? { threshold: values.threshold } : {}),
    },
  };
}

export function batchRequest(values: BatchValues, sentTo?: string): BatchRequest {
  return { name: values.name.trim(), description: values.description?.trim() ?? "", ...templateOf(values, sentTo ?? values.uri?.trim() ?? "") };
}

export function scheduleRequest(values: BatchValues, rhythm: Rhythm, missed: BatchScheduleRequest["missed"]): BatchScheduleRequest {
  return { name: values.name.trim(), template: templateOf(values, values.uri?.trim() ?? ""), ...rhythm, missed };
}

/** The same in the command line. */
export function batchCommand(values: Partial<BatchValues>, rhythm: Rhythm | null): string {
  const told = `${JSON.stringify(values.name ?? "")} ${values.way === "address" ? (values.uri ?? "s3://…") : "FILES"} --model ${values.model_id ?? ""} --model-version ${values.model_version ?? ""}`;
  if (rhythm === null) return `bml batch create ${told}`;
  return `bml batch schedules create ${told} --every ${rhythm.every} --unit ${rhythm.unit} --from ${rhythm.starts_at} --zone ${rhythm.time_zone}`;
}

const SUFFIXES: Readonly<Record<string, InputFormat>> = { jsonl: "jsonl", ndjson: "jsonl", zip: "zip", csv: "csv", parquet: "parquet" };

/** The format that the names say; several files are a folder. */
export function formatOf(names: readonly string[]): InputFormat {
  const [first] = names;
  if (first === undefined) return "auto";
  return names.length > 1 ? "folder" : (SUFFIXES[first.split(".").at(-1)?.toLowerCase() ?? ""] ?? "folder");
}
