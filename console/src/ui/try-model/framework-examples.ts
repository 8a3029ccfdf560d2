/** A request that a model of the framework could take (spec 08 section 8), to begin with. */
const EXAMPLES: Readonly<Record<string, object>> = {
  paddlepaddle: { instances: [{ tensors: [{ name: "x", type: "FLOAT", shape: [1, 2], float_data: [0.1, 0.2] }] }] },
  tensorflow: { instances: [{ inputs: [0, 1] }], signature_name: "serving_default" },
  pytorch: { instances: [{ data: [0.1, 0.2] }] },
  sklearn: { instances: [{ features: [10, 20, 30, 20] }] },
  xgboost: { instances: [{ features: [10, 20, 30, 20] }] },
};

export function exampleRequest(framework: string | null | undefined): object {
  return EXAMPLES[framework ?? ""] ?? { instances: [{}] };
}
