// @vitest-environment jsdom
import { expect, it } from "vitest";
import { safeTarget } from "./sign-in-page";

it.each([
  ["/projects/1?x=2", "/projects/1?x=2"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  [null, "/"],
])("after signing in, %s leads to %s", (next, target) => {
  expect(safeTarget(next)).toBe(target);
});
