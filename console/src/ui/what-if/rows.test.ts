import { describe, expect, it } from "vitest";
import type { ModelColumn } from "@/api/tabular";
import { parseTable } from "./csv";
import { cellValue, changedColumns, exampleRow, rowsOfTable } from "./rows";

const column = (name: string, kind: string, more: Partial<ModelColumn> = {}): ModelColumn => ({ name, kind, required: true, choices: [], ...more });
const COLUMNS = [column("age", "number", { example: 34 }), column("city", "category", { choices: ["A", "B"] }), column("since", "date")];

describe("rows of a what-if", () => {
  it("begin with examples", () => {
    expect(exampleRow(COLUMNS)).toEqual({ age: 34, city: "A", since: null });
  });

  it("are numbers where the column is, and missing where nothing is written", () => {
    expect(COLUMNS.map((taken) => cellValue(taken, " 5 "))).toEqual([5, "5", "5"]);
    expect(cellValue(column("age", "number"), "five")).toBe("five");
    expect(cellValue(column("age", "number"), " ")).toBeNull();
  });

  it("tell where they differ", () => {
    expect(changedColumns({ age: 1, city: "A" }, { age: 2, city: "A" })).toEqual(["age"]);
  });
});

describe("a pasted table", () => {
  it("may quote, and use tabs", () => {
    expect(parseTable('a,b\r\n"x, ""y""",2\r\n\r\n')).toEqual([["a", "b"], ['x, "y"', "2"]]);
    expect(parseTable("a\tb\n1,5\t2")).toEqual([["a", "b"], ["1,5", "2"]]);
    expect(parseTable('a\n"two\nlines"')).toEqual([["a"], ["two\nlines"]]);
  });

  it("is read by its header", () => {
    expect(rowsOfTable(parseTable("city,extra,since,age\nB,9,2026-01-02,40"), COLUMNS)).toEqual([{ age: 40, city: "B", since: "2026-01-02" }]);
  });

  it("says what it lacks", () => {
    expect(rowsOfTable(parseTable("age,city\n1,A"), COLUMNS)).toEqual({ kind: "missing", columns: ["since"] });
    expect(rowsOfTable(parseTable("age,city,since"), COLUMNS)).toEqual({ kind: "empty" });
    expect(rowsOfTable(Array.from({ length: 1002 }, () => ["age"]), COLUMNS)).toEqual({ kind: "tooMany", rows: 1001 });
  });
});
