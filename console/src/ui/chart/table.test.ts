import { expect, it } from "vitest";
import { toCsv } from "./table";

it("a table as CSV quotes what needs it and defuses formulas", () => {
  const csv = toCsv({ columns: ["a", "b,c"], rows: [["=1+1", 2.5], ['say "hi"', null]] });
  expect(csv).toBe('a,"b,c"\r\n\'=1+1,2.5\r\n"say ""hi""",\r\n');
});
