import { describe, expect, it } from "vitest";
import type { HyperParameter, Network, SearchCatalog, SearchParameter } from "@/api/types";
import { firstRange, rangeProblem, searchableOf } from "./search-space";

const rate = { name: "learning_rate", parameter: "learning_rate", value_types: ["discrete", "uniform", "log_uniform"], default: { type: "log_uniform", factors: [0.1, 10] } } as unknown as SearchParameter;
const anchors = { name: "anchor_scale", parameter: "anchor_scale", value_types: ["discrete", "random_integer"], structural: true, default: null } as unknown as SearchParameter;
const limits = { name: "learning_rate", type: "number", minimum: 0.000001, maximum: 1, default: null } as HyperParameter;
const sizes = { name: "batch_size", type: "integer", minimum: 2, maximum: 512, default: null } as HyperParameter;
const network = { learning_rate: 0.002, batch_size: 16 } as Network;

describe("the search space", () => {
  it("offers what the task's networks have, and structure only where no weights are passed on", () => {
    const search = { parameters: [rate, anchors] } as unknown as SearchCatalog;
    const declared = [limits, { ...limits, name: "anchor_scale" }];
    expect(searchableOf(search, [limits], false)).toEqual([rate]);
    expect(searchableOf(search, declared, false)).toEqual([rate, anchors]);
    expect(searchableOf(search, declared, true)).toEqual([rate]);
  });

  it("begins around the network's own value, within what training takes", () => {
    expect(firstRange(rate, "log_uniform", limits, network)).toEqual({ type: "log_uniform", low: 0.0002, high: 0.02 });
    expect(firstRange(rate, "discrete", limits, network)).toEqual({ type: "discrete", values: "0.0002, 0.02" });
    expect(firstRange({ ...anchors, default: null }, "random_integer", sizes, network)).toEqual({ type: "random_integer", low: 8, high: 32 });
  });

  it("refuses ranges that are reversed, beyond the limits or of the wrong kind", () => {
    expect(rangeProblem({ type: "uniform", low: 0.2, high: 0.1 }, limits)).toEqual({ kind: "reversed" });
    expect(rangeProblem({ type: "uniform", low: 0.2, high: 2 }, limits)).toEqual({ kind: "tooLarge", maximum: 1 });
    expect(rangeProblem({ type: "log_uniform", low: 0, high: 1 }, { ...limits, minimum: 0 })).toEqual({ kind: "notPositive" });
    expect(rangeProblem({ type: "random_integer", low: 2.5, high: 8 }, { ...sizes, type: "number" })).toEqual({ kind: "integer" });
    expect(rangeProblem({ type: "discrete", values: "" }, limits)).toEqual({ kind: "required" });
    expect(rangeProblem({ type: "discrete", values: "0.1, often" }, limits)).toEqual({ kind: "number" });
    expect(rangeProblem({ type: "boolean" }, undefined)).toBeNull();
    expect(rangeProblem({ type: "random_integer", low: 4, high: 8 }, sizes)).toBeNull();
  });
});
