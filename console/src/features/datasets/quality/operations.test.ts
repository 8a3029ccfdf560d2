import { describe, expect, it } from "vitest";
import type { Operator } from "@/api/queries/data-jobs";
import { bodyOf, deriveCommand, FIRST_ORDER, moved, toggled, withParameter } from "./operations";

const operator = (code: string): Operator =>
  ({ code, parameters: [{ name: "threshold", default: 40 }] }) as unknown as Operator;

describe("operations of a cleaning", () => {
  const both = toggled(toggled(FIRST_ORDER, operator("remove_dark"), true), operator("denoise"), true);

  it("begin with the catalogue's values and keep the order they were chosen in", () => {
    expect(bodyOf(both).operations).toEqual([{ code: "remove_dark", parameters: { threshold: 40 } }, { code: "denoise", parameters: { threshold: 40 } }]);
    expect(toggled(both, operator("remove_dark"), false).operations).toHaveLength(1);
  });

  it("can be set and moved", () => {
    const set = withParameter(both, "denoise", "threshold", 3);
    expect(moved(set, "denoise", -1).operations.map((one) => one.code)).toEqual(["denoise", "remove_dark"]);
    expect(moved(set, "denoise", 1).operations.map((one) => one.code)).toEqual(["remove_dark", "denoise"]);
    expect(deriveCommand(7, 2, "cleanings", set)).toBe("bml datasets clean 7 --version 2 --operator remove_dark:threshold=40 --operator denoise:threshold=3");
  });
});
