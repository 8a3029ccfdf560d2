import { expect, it } from "vitest";
import { bestOf } from "./best";

it("the best figure is marked, unless all are alike", () => {
  expect([...bestOf([0.9, 0.95, null], false)]).toEqual([1]);
  expect([...bestOf([0.9, 0.95, 0.9], true)]).toEqual([0, 2]);
  expect([...bestOf([0.9, 0.9], false)]).toEqual([]);
  expect([...bestOf(["a", null], false)]).toEqual([]);
});
