import { expect, it } from "vitest";
import { isChanged, sharesOf, withShare } from "./split";

const traffic = { challenger_share: 20, sticky: false, shadow: false };

it("the shares of both versions always make a hundred", () => {
  for (const share of [-5, 0, 12.4, 99.6, 100, 130]) {
    const { main, challenger } = sharesOf(withShare(traffic, share));
    expect(main + challenger).toBe(100);
    expect(challenger).toBeGreaterThanOrEqual(0);
  }
});

it("a shadow answers nobody, and its share is kept for later", () => {
  const shadow = { ...traffic, shadow: true };
  expect(sharesOf(shadow)).toEqual({ main: 100, challenger: 0 });
  expect(sharesOf({ ...shadow, shadow: false })).toEqual({ main: 80, challenger: 20 });
});

it("only a real change is sent", () => {
  expect(isChanged(traffic, { ...traffic })).toBe(false);
  expect(isChanged(withShare(traffic, 21), traffic)).toBe(true);
  expect(isChanged({ ...traffic, sticky: true }, traffic)).toBe(true);
});
