import { describe, expect, it } from "vitest";
import type { TrainingCatalog } from "@/api/types";
import type { RunFormValues } from "./form-values";
import { initialValues } from "./initial-values";
import { rangeOf, searchCatalogOf, searchOf, toRequest, valuesOf } from "./run-request";

const TASK = "object_detection";
const parameter = (name: string, choices: string[] = [], some: { anchors?: boolean; adapters?: string[] } = {}) => ({
  name,
  task: TASK,
  type: choices.length > 0 ? "choice" : "number",
  choices,
  anchors: false,
  adapters: [] as string[],
  ...some,
});
const field = (name: string, general: boolean) => ({ name, general, type: "integer", minimum: 1, maximum: 20, above_minimum: false, default: 5 });
const catalog = {
  networks: [
    { name: "Plain", task: TASK, family: "public", recommended: false, weights: [], excluded_machines: [] },
    { name: "Best", task: TASK, family: "public", recommended: true, weights: [], excluded_machines: ["GPU_P4"] },
    { name: "Anchored", task: TASK, family: "public", adapter: "anchored", anchors: true, recommended: false, weights: [] },
    { name: "Sub", task: TASK, family: "nas", adapter: "subnet", recommended: false, weights: [] },
    { name: "Other", task: "image_classification", family: "public", recommended: true, weights: [] },
  ],
  families: [{ name: "public", task: TASK }],
  hyper_parameters: [
    parameter("epochs"),
    parameter("learning_rate"),
    parameter("seed"),
    parameter("anchor_scale", [], { anchors: true }),
    parameter("own", [], { adapters: ["anchored"] }),
    parameter("weights_family", ["public", "very_large_scale"]),
  ],
  augmentation: { operators: [{ name: "Rotate_BBox", tasks: [TASK] }] },
  machines: [{ code: "GPU_P4" }, { code: "GPU_V100" }],
  search_strategies: [
    { name: "random", fields: [] },
    { name: "bayesian", fields: ["initial_points"] },
  ],
  search_fields: [field("max_trials", true), field("initial_points", false)],
  search_space: [
    { name: "learning_rate", parameter: "learning_rate", task: TASK, value_types: ["log_uniform"], default: { type: "log_uniform" } },
    { name: "anchor_scale", parameter: "anchor_scale", task: TASK, value_types: ["discrete"], default: null },
    { name: "epochs", parameter: "epochs", task: "image_classification", value_types: ["discrete"], default: { type: "discrete" } },
  ],
} as unknown as TrainingCatalog;

const values: RunFormValues = {
  training: [{ dataset_id: 7, version_number: 2, labels: ["a", "b"] }, { dataset_id: 8, version_number: 1 }],
  evaluation: {},
  augmentation: { mode: "default" },
  family: "very_large_scale",
  network: "Plain",
  source: "manual",
  hyper_parameters: { epochs: 3, learning_rate: 0.1, seed: null },
  search: { strategy: "bayesian", space_mode: "default", fields: { max_trials: 12, initial_points: 4, rounds: 6 } },
  machine_type: "GPU_P4",
  node_count: 2,
  max_training_minutes: 30,
};

const request = (changed: Partial<RunFormValues>) => toRequest({ ...values, ...changed }, catalog, TASK);

describe("the request of the run form", () => {
  it("has the chosen versions, labels where some were chosen, and the family of the weights", () => {
    expect(request({ evaluation: { dataset_id: 9, version_number: 4 }, remark: "V2" })).toEqual({
      training_data: [{ dataset_id: 7, version_number: 2, labels: ["a", "b"] }, { dataset_id: 8, version_number: 1 }],
      evaluation_data: [{ dataset_id: 9, version_number: 4 }],
      network: "Plain",
      hyper_parameters: { epochs: 3, learning_rate: 0.1, weights_family: "very_large_scale" },
      augmentation: { mode: "default" },
      machine_type: "GPU_P4",
      node_count: 2,
      max_training_minutes: 30,
      remark: "V2",
    });
  });

  it("sends only the hyper-parameters that the network has", () => {
    const hyper_parameters = { epochs: 3, anchor_scale: 4, own: 5 };
    expect(request({ hyper_parameters }).hyper_parameters).toEqual({ epochs: 3, weights_family: "very_large_scale" });
    expect(request({ hyper_parameters, network: "Anchored" }).hyper_parameters).toEqual({ ...hyper_parameters, weights_family: "very_large_scale" });
  });

  it("names the sub-net of an architecture search", () => {
    expect(request({ network: "Sub", subnet: { run_id: 4, subnet_id: 2 } }).subnet).toEqual({ run_id: 4, subnet_id: 2 });
  });

  it("sends operators in manual mode and minutes in automatic mode only", () => {
    const operators = { Rotate_BBox: { probability: 0.4, magnitude: [0, 15] as [number, number] } };
    expect(request({ augmentation: { mode: "manual", operators, search_minutes: 9 } }).augmentation).toEqual({
      mode: "manual",
      operators: [{ name: "Rotate_BBox", probability: 0.4, magnitude: [0, 15] }],
    });
    expect(request({ augmentation: { mode: "auto", operators, search_minutes: 9 } }).augmentation).toEqual({ mode: "auto", search_minutes: 9 });
  });

  it("leaves the values to the script where there is one", () => {
    const sent = request({ source: "script", script: "conf = {}" });
    expect(sent.hyper_parameters).toEqual({});
    expect(sent.hyper_parameter_source).toEqual({ kind: "script", script: "conf = {}" });
  });

  it("does not send what a search chooses, nor fields of another strategy", () => {
    const sent = request({ source: "search" });
    expect(sent.hyper_parameters).toEqual({ epochs: 3, weights_family: "very_large_scale" });
    expect(sent.hyper_parameter_source).toEqual({ kind: "search", search: { strategy: "bayesian", max_trials: 12, initial_points: 4 } });
    expect(searchOf({ ...values.search, strategy: "random" }, searchCatalogOf(catalog, TASK))).toEqual({ strategy: "random", max_trials: 12 });
  });

  it("sends a search space that was chosen by hand", () => {
    const space = { learning_rate: { type: "log_uniform", low: 0.001, high: 0.1 }, anchor_scale: { type: "discrete", values: "4, 8" } } as const;
    const sent = request({ source: "search", search: { ...values.search, space_mode: "manual", space } });
    expect(sent.hyper_parameter_source).toMatchObject({
      search: { space: { learning_rate: { type: "log_uniform", low: 0.001, high: 0.1 }, anchor_scale: { type: "discrete", values: [4, 8] } } },
    });
  });

  it("names the search whose result it takes and the run it trains on from", () => {
    expect(request({ source: "existing", search_id: 5 }).hyper_parameter_source).toEqual({ kind: "existing", search_id: 5 });
    expect(request({ base_run_id: 3 }).base_run_id).toBe(3);
  });
});

describe("a range", () => {
  it("is read with commas of both languages", () => {
    expect(valuesOf("0.1，0.2; 0.3")).toEqual([0.1, 0.2, 0.3]);
    expect(valuesOf(" ")).toEqual([]);
  });

  it("has only the members of its type", () => {
    expect(rangeOf({ type: "boolean", low: 1, high: 2, values: "3" })).toEqual({ type: "boolean" });
  });
});

describe("a new form", () => {
  const run = (version: number, dataset: number, network = "Plain") => ({ run_id: version, version_number: version, network, training_data: [{ dataset_id: dataset, version_number: 3, labels: ["x"] }], evaluation_data: [] });
  const given = { catalog, taskType: TASK, dataset: null, base: null };

  it("opens with the data of the newest run", () => {
    const runs = [run(1, 11), run(2, 22)] as never;
    expect(initialValues({ ...given, runs }).training).toEqual([{ dataset_id: 22, version_number: 3, labels: ["x"] }]);
    expect(initialValues({ ...given, runs, dataset: 5 }).training).toEqual([{ dataset_id: 5 }]);
  });

  it("takes the recommended network of the task and a machine that can run it", () => {
    expect(initialValues({ ...given, runs: [] })).toMatchObject({ network: "Best", family: "public", machine_type: "GPU_V100", training: [{}] });
  });

  it("trains on from a run with its network", () => {
    expect(initialValues({ ...given, runs: [run(4, 11)] as never, base: 4 })).toMatchObject({ base_run_id: 4, network: "Plain" });
  });

  it("takes the sub-net that the address names, and ignores what names none", () => {
    expect(initialValues({ ...given, runs: [], subnet: "4:2" })).toMatchObject({ subnet: { run_id: 4, subnet_id: 2 }, network: "Sub" });
    for (const subnet of ["4", "x:y", ""]) expect(initialValues({ ...given, runs: [], subnet }).subnet).toBeUndefined();
  });
});
