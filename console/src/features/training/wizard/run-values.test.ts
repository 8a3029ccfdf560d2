import { describe, expect, it } from "vitest";
import type { HyperParameter, Machine, Network } from "@/api/types";
import { defaultOf, greatestCost, machineBlock, networksOf, problemOf } from "./run-values";

const epochs = { name: "epochs", type: "integer", minimum: 1, maximum: 500, default: 20 } as HyperParameter;
const rate = { name: "learning_rate", type: "number", minimum: 0.000001, maximum: 1, default: null } as HyperParameter;
const network: Network = { name: "NASNet", task: "image_classification", family: "public", weights: [], recommended: true, learning_rate: 0.001, excluded_machines: ["GPU_P4"] };
const machine = { code: "GPU_P4", price: "0.28", needs_paid_billing: false } as Machine;

describe("values of the run form", () => {
  it("takes the declared default first and the network's otherwise", () => {
    expect(defaultOf(epochs, network)).toBe(20);
    expect(defaultOf(rate, network)).toBe(0.001);
    expect(defaultOf(rate, undefined)).toBeNull();
  });

  it("names what is wrong with a value", () => {
    expect(problemOf(epochs, 0)).toEqual({ kind: "tooSmall", minimum: 1 });
    expect(problemOf(epochs, 501)).toEqual({ kind: "tooLarge", maximum: 500 });
    expect(problemOf(epochs, 1.5)).toEqual({ kind: "integer" });
    expect(problemOf(epochs, null)).toEqual({ kind: "required" });
    expect(problemOf(rate, 0.001)).toBeNull();
  });

  it("leaves out a minimum that is itself not allowed", () => {
    const share = { type: "number", minimum: 0, maximum: 0.5, above_minimum: true };
    expect(problemOf(share, 0)).toEqual({ kind: "aboveOnly", minimum: 0 });
    expect(problemOf(share, 0.5)).toBeNull();
  });

  it("computes the greatest cost without rounding through floats", () => {
    expect(greatestCost(machine, 2, 30)).toBe("16.80");
    expect(greatestCost(machine, 3, 1)).toBe("0.84");
    expect(greatestCost(undefined, 1, 1)).toBeNull();
  });

  it("blocks machines for their network or the missing paid service", () => {
    expect(machineBlock(machine, network, true)).toBe("network");
    expect(machineBlock({ ...machine, needs_paid_billing: true }, undefined, false)).toBe("paid");
    expect(machineBlock(machine, undefined, false)).toBeNull();
  });
});

it("a network stands under its own family and under those it has weights of", () => {
  const light: Network = { ...network, name: "MobileNetV3_large_x1_0", weights: [{ family: "very_large_scale", tag: "t", licence: "MIT" }] };
  expect(networksOf([network, light], "public").map((entry) => entry.name)).toEqual(["NASNet", "MobileNetV3_large_x1_0"]);
  expect(networksOf([network, light], "very_large_scale").map((entry) => entry.name)).toEqual(["MobileNetV3_large_x1_0"]);
});
