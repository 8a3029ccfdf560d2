import { expect, it } from "vitest";
import { featureCount, isWithin, NO_ROLES, roleOf, rolesWithin, withExcluded, withRole } from "./roles";

it("a single role moves from one column to the other", () => {
  const first = withRole(NO_ROLES, "churn", "target");
  const second = withRole(first, "city", "target");
  expect(roleOf(first, "churn")).toBe("target");
  expect(second).toEqual({ target: "city", excluded: [] });
  expect(roleOf(second, "churn")).toBe("feature");
});

it("a column has one role at a time", () => {
  const roles = withRole(withRole(NO_ROLES, "age", "excluded"), "age", "weight");
  expect(roles).toEqual({ weight: "age", excluded: [] });
  expect(withRole(roles, "age", "feature")).toEqual(NO_ROLES);
});

it("excluding many leaves the target and the other single roles alone", () => {
  const roles = withRole(withRole(NO_ROLES, "churn", "target"), "day", "time");
  const excluded = withExcluded(roles, ["churn", "day", "id", "name"], true);
  expect(excluded).toEqual({ target: "churn", time: "day", excluded: ["id", "name"] });
  expect(withExcluded(excluded, ["id"], false).excluded).toEqual(["name"]);
});

it("roles of columns that another dataset lacks are dropped", () => {
  const roles = { target: "churn", time: "day", excluded: ["id", "age"] };
  const columns = new Set(["churn", "age"]);
  expect(isWithin(roles, columns)).toBe(false);
  expect(rolesWithin(roles, columns)).toEqual({ target: "churn", excluded: ["age"] });
});

it("the time column is learnt from, the others are not", () => {
  expect(featureCount({ target: "a", weight: "b", time: "c", excluded: ["d"] }, 10)).toBe(7);
});
