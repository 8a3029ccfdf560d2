import { describe, expect, it } from "vitest";
import type { DataFormat, DatasetKind } from "@/api/types";
import { acceptedSuffixes, formatFor, importCommand, importFormats, refuseFiles } from "./import-choice";
import { columnFault, columnLists, type ColumnChoice } from "./table-columns";

const format = (code: string, change: Partial<DataFormat> = {}): DataFormat => ({
  code, title: code, reads: ["text"], writes: [], labelled: true, source: "archive", suffixes: [], most_files: 1, ours: false, ...change,
});
const zip = format("json");
const lines = format("lines", { source: "either", suffixes: [".txt"], most_files: 2, labelled: false });
const excel = format("excel", { source: "files", suffixes: [".xlsx"], most_files: 100, ours: true });
const file = (name: string, size = 10) => ({ name, size });

describe("formats of an import", () => {
  it("are those that read the kind, the manual's with annotations first, other tools' last", () => {
    const groups = importFormats({ code: "text" } as DatasetKind, [excel, lines, zip, format("other", { reads: ["image"] })]);
    expect(groups.map(([group, found]) => [group, found.map((one) => one.code)])).toEqual([["labelled", ["json"]], ["unlabelled", ["lines"]], ["tools", ["excel"]]]);
  });

  it("change to the first that fits what was dropped", () => {
    expect(formatFor(zip, [zip, lines, excel], [file("a.xlsx"), file("b.xlsx")]).code).toBe("excel");
    expect(formatFor(lines, [zip, lines], [file("a.zip")]).code).toBe("lines");
  });
});

describe("files of an import", () => {
  it("are one zip, or as many single files as the format takes", () => {
    expect(acceptedSuffixes(lines)).toEqual([".txt", ".zip"]);
    expect(refuseFiles(lines, [file("a.txt"), file("b.TXT")])).toBeNull();
    expect(refuseFiles(lines, [file("a.zip")])).toBeNull();
    expect(refuseFiles(zip, [file("a.zip"), file("b.zip")])?.key).toBe("imports.refuse.tooMany");
    expect(refuseFiles(lines, [file("a.txt"), file("b.zip")])?.key).toBe("imports.refuse.suffix");
    expect(refuseFiles(excel, [file("a.zip")])?.key).toBe("imports.refuse.suffix");
  });

  it("are refused when they are empty, too large or twice there", () => {
    expect(refuseFiles(zip, [file("a.zip", 0)])?.key).toBe("imports.refuse.empty");
    expect(refuseFiles(zip, [file("a.zip", 6e9)])?.key).toBe("imports.refuse.tooLarge");
    expect(refuseFiles(lines, [file("a.txt"), file("a.txt")])?.key).toBe("imports.refuse.twice");
  });

  it("stand in the command, quoted where needed", () => {
    expect(importCommand(7, 1, "lines", ["a b.txt", "c.txt"])).toBe('bml datasets import 7 "a b.txt" c.txt --format lines --version 1');
    expect(importCommand(7, 2, "json", [])).toBe("bml datasets import 7 FILE --format json --version 2");
  });
});

describe("columns of a table", () => {
  const column = (ordinal: number, name: string, taken = true): ColumnChoice => ({ ordinal, rawName: name, name, type: "int", taken });

  it("are sent only when something was changed", () => {
    const detected = [column(0, "a"), column(1, "b"), column(2, "c")];
    expect(columnLists(detected, detected)).toBeNull();
    const chosen = [{ ...column(0, "a"), type: "string" }, column(1, "b", false), column(2, "c")];
    expect(columnLists(chosen, detected)).toEqual({ columns: [0, 2], raw_names: ["a", "c"], names: ["a", "c"], types: ["string", "int"] });
  });

  it("need two, with names of letters, digits and underscores that differ", () => {
    expect(columnFault([column(0, "a"), column(1, "b", false)])?.fault).toBe("few");
    expect(columnFault([column(0, "a"), column(1, "_b")])).toEqual({ fault: "name", ordinal: 1 });
    expect(columnFault([column(0, "a"), column(1, "A")])?.fault).toBe("twice");
    expect(columnFault([column(0, "a"), column(1, "b")])).toBeNull();
  });
});
