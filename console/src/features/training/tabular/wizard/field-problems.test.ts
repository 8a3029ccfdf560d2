import { expect, it } from "vitest";
import { ApiError } from "@/api/errors";
import { fieldProblemOf } from "./field-problems";

const refusal = (field: string) => new ApiError(400, "invalid_request", "no", { field, reason: "is wrong" }, "");

it.each([
  ["tabular.weight_column", ["roles"]],
  ["quantiles", ["quantiles"]],
  ["tabular.costs.false_positive", ["costs", "false_positive"]],
  ["hyper_parameter_source.script", ["script"]],
  ["auto_publish.model_name", ["publish", "model_name"]],
  ["training_data.0", ["training", 0, "dataset_id"]],
  ["node_count", ["node_count"]],
])("a refusal of %s is shown at its field", (field, name) => {
  expect(fieldProblemOf(refusal(field))).toEqual({ name, errors: ["is wrong"] });
});

it("what is about no field is told beside the button", () => {
  expect(fieldProblemOf(refusal("balance"))).toBeNull();
  expect(fieldProblemOf(new Error("offline"))).toBeNull();
});
