import { expect, it } from "vitest";
import { secondsLeft } from "./eta";

it("the rest of a training is told by the pace of its latest epochs", () => {
  const epochs = [90, 10, 20, 30].map((seconds, index) => ({ epoch: index + 1, seconds }));
  expect(secondsLeft(epochs, { epoch: 4, epochs: 10 })).toBe(120);
});

it("nothing is told before the first epoch, after the last, or without times", () => {
  expect(secondsLeft([], { epoch: 0, epochs: 10 })).toBeNull();
  expect(secondsLeft([{ epoch: 1, seconds: 4 }], { epoch: 10, epochs: 10 })).toBeNull();
  expect(secondsLeft([{ epoch: 1 }], { epoch: 1, epochs: 2 })).toBeNull();
  expect(secondsLeft([{ epoch: 1, seconds: 4 }], null)).toBeNull();
});
