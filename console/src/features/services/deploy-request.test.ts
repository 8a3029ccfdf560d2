import { expect, it } from "vitest";
import { deployCommand, deployRequest } from "./deploy-request";

const values = { name: " Signs ", suffix: "signs", model_id: 5, model_version: 2, compute_units: 2, instances: 3, later: false };

it("a service is asked for with its size, or without one", () => {
  expect(deployRequest(values)).toEqual({ name: "Signs", suffix: "signs", model_id: 5, model_version: 2, variant: "fp32", compute_units: 2, instances: 3 });
  expect(deployRequest({ ...values, later: true, variant: "int8" })).toMatchObject({ compute_units: null, instances: null, variant: "int8" });
});

it("the command says the same as the form", () => {
  expect(deployCommand(values, null)).toBe('bml services deploy " Signs " --suffix signs --model 5 --model-version 2 --compute-units 2 --instances 3');
  expect(deployCommand({ ...values, later: true }, null)).toContain("--model-version 2 --without-machines");
  expect(deployCommand(values, 9)).toBe("bml services change 9 --model-version 2");
});
