import { expect, it } from "vitest";
import { runningCost } from "./prices";

const price = { price: "0.4", free_hours: 100 };

it("a service costs quota × instances × price, to the cent", () => {
  expect(runningCost(price, 1, 2)).toEqual({ perHour: "0.8", perMonth: "576.0", freeFor: 50 });
  expect(runningCost(price, 3, 7)).toMatchObject({ perHour: "8.4", perMonth: "6048.0" });
});

it("without a size or a price there is no cost", () => {
  expect(runningCost(undefined, 1, 2)).toBeNull();
  expect(runningCost(price, null, 2)).toBeNull();
  expect(runningCost(price, 1, 0)).toBeNull();
});
