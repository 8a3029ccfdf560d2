import { describe, expect, it } from "vitest";
import { preferredLanguage } from "./language";
import { formatMessage } from "./message";

describe("messages", () => {
  it("fill in names and group digits of numbers", () => {
    expect(formatMessage("{done} of {name}", "en", { done: 12_345, name: "x" })).toBe("12,345 of x");
  });

  it("choose the plural by the rules of the language", () => {
    const text = "{count, plural, one {# image} other {# images}}";
    expect(formatMessage(text, "en", { count: 1 })).toBe("1 image");
    expect(formatMessage(text, "en", { count: 2000 })).toBe("2,000 images");
  });

  it("keep a placeholder without a value visible", () => {
    expect(formatMessage("{missing}", "en")).toBe("{missing}");
  });
});

describe("the first language", () => {
  const empty = { getItem: () => null } as unknown as Storage;

  it("follows the browser", () => {
    expect(preferredLanguage(empty, ["de-DE", "zh-TW", "en-GB"])).toBe("zh-CN");
    expect(preferredLanguage(empty, ["fr"])).toBe("en");
  });

  it("is the one chosen before", () => {
    expect(preferredLanguage({ getItem: () => "en" } as unknown as Storage, ["zh-CN"])).toBe("en");
  });
});
