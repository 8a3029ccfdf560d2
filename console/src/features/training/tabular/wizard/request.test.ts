import { describe, expect, it } from "vitest";
import type { TabularFormValues } from "./form-values";
import { quantilesOf, toTabularRequest } from "./request";

const VALUES: TabularFormValues = {
  training: [{ dataset_id: 7, version_number: 2 }],
  evaluation: {},
  roles: { target: "churn", weight: "w", excluded: ["id"] },
  mode: "automl",
  algorithm_type: "automatic",
  training_way: "single",
  features: { mode: "default" },
  network: "LGBM",
  metric: "automatic",
  objective: "mean",
  publish: { on: false },
  machine_type: "CPU_4",
  node_count: 3,
  max_training_minutes: 30,
};

describe("the request of a tabular run", () => {
  it("holds only what was chosen", () => {
    expect(toTabularRequest(VALUES, "binary")).toEqual({
      training_data: [{ dataset_id: 7, version_number: 2 }],
      tabular: { mode: "automl", target: "churn", algorithm_type: "automatic", weight_column: "w", excluded_columns: ["id"] },
      machine_type: "CPU_4",
      node_count: 3,
      max_training_minutes: 30,
    });
  });

  it("names the model and the script in the expert mode, and one node for a single machine", () => {
    const request = toTabularRequest({ ...VALUES, mode: "expert", algorithm_type: "binary", script: "conf = {}" }, "binary");
    expect(request).toMatchObject({ network: "LGBM", hyper_parameter_source: { kind: "script", script: "conf = {}" }, node_count: 1 });
    expect(request.tabular).toMatchObject({ training_way: "single", feature_engineering: { mode: "default" } });
  });

  it("sends the parameters of operators that are set by hand only", () => {
    const features = { operators: { target_encoding: { smoothing: 10, folds: null }, log: {} } };
    const manual = toTabularRequest({ ...VALUES, mode: "expert", features: { mode: "manual", ...features } }, null);
    const auto = toTabularRequest({ ...VALUES, mode: "expert", features: { mode: "auto", ...features } }, null);
    expect(manual.tabular.feature_engineering?.operators).toEqual([{ name: "target_encoding", parameters: { smoothing: 10 } }, { name: "log" }]);
    expect(auto.tabular.feature_engineering?.operators).toEqual([{ name: "target_encoding" }, { name: "log" }]);
  });

  it("leaves settings of other kinds of target behind", () => {
    const values = { ...VALUES, objective: "quantile", quantiles: ["0.9", "0,1"], costs: { false_positive: 5, false_negative: null }, positive_label: "yes" } as const;
    expect(toTabularRequest(values, "binary").tabular).toMatchObject({ costs: { false_positive: 5 }, positive_label: "yes" });
    expect(toTabularRequest(values, "binary").tabular).not.toHaveProperty("quantiles");
    expect(toTabularRequest(values, "regression").tabular).toMatchObject({ objective: "quantile", quantiles: [0.1, 0.9] });
    expect(toTabularRequest(values, "regression").tabular).not.toHaveProperty("costs");
  });

  it("publishes to a new or an old model", () => {
    expect(toTabularRequest({ ...VALUES, publish: { on: true, model_name: " Churn " } }, null).auto_publish).toEqual({ model_name: "Churn" });
    expect(toTabularRequest({ ...VALUES, publish: { on: true, model_id: 9, model_name: "Churn" } }, null).auto_publish).toEqual({ model_id: 9 });
  });

  it("quantiles ascend, each once", () => {
    expect(quantilesOf(["0.9", "0.5", "0.90"])).toEqual([0.5, 0.9]);
  });
});
