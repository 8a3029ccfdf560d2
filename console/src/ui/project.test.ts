import { expect, it } from "vitest";
import { links } from "./project";

it("the navigation and a version's row open the same form, the version chosen already", () => {
  const [plain, chosen] = [links.deploy(5), links.deploy(5, 3, 2)].map((link) => new URL(link, "http://host"));
  expect(chosen?.pathname).toBe(plain?.pathname);
  expect(plain?.search).toBe("");
  expect([...(chosen?.searchParams ?? [])]).toEqual([["model", "3"], ["version", "2"]]);
});
