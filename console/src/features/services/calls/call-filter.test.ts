import { expect, it } from "vitest";
import { filterOf, withFilter } from "./call-filter";

it("a filter stands in the address and is read back", () => {
  const params = withFilter(new URLSearchParams({ tab: "calls" }), { role: "challenger", app_id: 245_900_000_000_001, failed: true, label: "stop sign", error_code: 0 });
  expect(params.get("tab")).toBe("calls");
  expect(filterOf(params)).toEqual({ role: "challenger", app_id: 245_900_000_000_001, failed: true, label: "stop sign", error_code: 0 });
});

it("nonsense in the address is no filter", () => {
  expect(filterOf(new URLSearchParams({ role: "boss", app_id: "1e9", error_code: "-1", failed: "yes", model_version: "99999999999999999999" }))).toEqual({});
});

it("what is emptied leaves the address", () => {
  expect(withFilter(new URLSearchParams({ label: "a", failed: "true" }), { label: "", failed: false }).toString()).toBe("");
});
