import { expect, it } from "vitest";
import { bestOf, comparisonRows } from "./rows";

const version = (version_number: number, accuracy: number, parameters: Record<string, unknown>) => ({ version_number, network: "ResNet18", framework: null, size_bytes: 10, latency_ms: null, metrics: { accuracy }, proof: null, datasets: [{ dataset_id: 5, version_number }], hyper_parameters: parameters });

it("what differs between versions is told, what one lacks as well", () => {
  const rows = comparisonRows([version(1, 0.9, { epochs: 12, rate: 0.1 }), version(2, 0.95, { epochs: 12 })]);
  expect(rows.filter((row) => row.differs).map((row) => row.name)).toEqual(["accuracy", "datasets", "rate"]);
  expect(rows.find((row) => row.name === "rate")?.values).toEqual(["0.1", null]);
});

it("the best figure is marked, unless all are alike", () => {
  expect([...bestOf([0.9, 0.95, null], false)]).toEqual([1]);
  expect([...bestOf([0.9, 0.95, 0.9], true)]).toEqual([0, 2]);
  expect([...bestOf([0.9, 0.9], false)]).toEqual([]);
  expect([...bestOf(["a", null], false)]).toEqual([]);
});
