import { expect, it } from "vitest";
import { digitsOf, isLowerBetter, isShare } from "./figures";

it("shares and errors are told apart", () => {
  expect(["accuracy", "roc_auc", "map50"].every(isShare)).toBe(true);
  expect(["rmse", "log_loss", "r2"].some(isShare)).toBe(false);
  expect(isLowerBetter("rmse")).toBe(true);
  expect(isLowerBetter("r2")).toBe(false);
});

it("small values keep more digits", () => {
  expect([12_345.6, 81.25, 0.4213, 0.00312].map(digitsOf)).toEqual([0, 2, 4, 6]);
});
