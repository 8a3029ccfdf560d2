import { expect, it } from "vitest";
import { batchCommand, batchRequest, formatOf, scheduleRequest, type BatchValues } from "./batch-request";

const values: BatchValues = { name: " Nightly ", model_id: 5, model_version: 2, way: "address", uri: " s3://bucket/in/ ", input_format: "auto", output_format: "jsonl", machine_type: "CPU_4C_16G", nodes: 2, threshold: 0, top_num: null };

it("a request holds what was filled in; a threshold of 0 is one", () => {
  expect(batchRequest(values)).toEqual({ name: "Nightly", description: "", model_id: 5, model_version: 2, variant: "fp32", input: { uri: "s3://bucket/in/" }, input_format: "auto", output: {}, output_format: "jsonl", machine_type: "CPU_4C_16G", nodes: 2, parameters: { threshold: 0 } });
  expect(batchRequest({ ...values, way: "files", output_uri: "s3://bucket/out/", top_num: 3, threshold: null }, "s3://platform/uploads/7/")).toMatchObject({ input: { uri: "s3://platform/uploads/7/" }, output: { uri: "s3://bucket/out/" }, parameters: { top_num: 3 } });
});

it("a schedule repeats the same request", () => {
  const rhythm = { unit: "day" as const, every: 1, starts_at: "2026-11-27T00:00:00Z", ends_at: null, time_zone: "Asia/Shanghai" };
  expect(scheduleRequest(values, rhythm, "skip")).toMatchObject({ name: "Nightly", template: { input: { uri: "s3://bucket/in/" } }, unit: "day", time_zone: "Asia/Shanghai", missed: "skip" });
  expect(batchCommand(values, rhythm)).toContain("bml batch schedules create");
  expect(batchCommand(values, rhythm)).toContain("--every 1 --unit day --from 2026-11-27T00:00:00Z --zone Asia/Shanghai");
  expect(batchCommand({ name: "Nightly", way: "files", model_id: 5, model_version: 2 }, null)).toBe('bml batch create "Nightly" FILES --model 5 --model-version 2');
});

it("the format is read off the names", () => {
  expect([[], ["a.JSONL"], ["a.zip"], ["a.jpg"], ["a.jpg", "b.jpg"]].map(formatOf)).toEqual(["auto", "jsonl", "zip", "folder", "folder"]);
});
