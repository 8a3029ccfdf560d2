import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import datasetsEnglish from "./datasets.en.json";
import datasetsChinese from "./datasets.zh-CN.json";
import coreEnglish from "./en.json";
import servingEnglish from "./serving.en.json";
import servingChinese from "./serving.zh-CN.json";
import tabularEnglish from "./tabular.en.json";
import tabularChinese from "./tabular.zh-CN.json";
import trainingEnglish from "./training.en.json";
import trainingChinese from "./training.zh-CN.json";
import tryEnglish from "./try.en.json";
import tryChinese from "./try.zh-CN.json";
import coreChinese from "./zh-CN.json";

const FILES = [
  { name: "core", english: coreEnglish, chinese: coreChinese },
  { name: "datasets", english: datasetsEnglish, chinese: datasetsChinese },
  { name: "serving", english: servingEnglish, chinese: servingChinese },
  { name: "tabular", english: tabularEnglish, chinese: tabularChinese },
  { name: "training", english: trainingEnglish, chinese: trainingChinese },
  { name: "try", english: tryEnglish, chinese: tryChinese },
];
const english = { ...coreEnglish, ...datasetsEnglish, ...servingEnglish, ...tabularEnglish, ...trainingEnglish, ...tryEnglish };
const chinese = { ...coreChinese, ...datasetsChinese, ...servingChinese, ...tabularChinese, ...trainingChinese, ...tryChinese };

const SOURCE = join(import.meta.dirname, "..");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes(".test.") ? [readFileSync(path, "utf8")] : [];
  });
}

const code = sources(SOURCE).join("\n");

/** Keys put together in code, as in `state.${kind}.${state}`: every `${…}` stands for any text without a dot. */
function dynamicKeys(): RegExp[] {
  const templates = [...code.matchAll(/[tT]\(\s*`([^`]+)`/g)].map((match) => match[1] ?? "");
  return templates.map((template) => {
    const pieces = template.split(/\$\{[^}]*\}/).map((piece) => piece.replace(/[.*+?^$()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${pieces.join("[^.]+")}$`);
  });
}

const placeholders = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)[,}]/g)].map((match) => match[1] ?? ""))].sort();

describe("texts", () => {
  it("are complete in both languages", () => {
    for (const file of FILES) expect(Object.keys(file.chinese), file.name).toEqual(Object.keys(file.english));
  });

  it("stand in one file only", () => {
    const keys = FILES.flatMap((file) => Object.keys(file.english));
    expect(keys.filter((key, place) => keys.indexOf(key) !== place)).toEqual([]);
  });

  it("are never empty", () => {
    for (const text of [...Object.values(english), ...Object.values(chinese)]) expect(text.trim()).not.toBe("");
  });

  it("take the same values in both languages", () => {
    for (const [key, text] of Object.entries(english)) {
      const other = chinese[key as keyof typeof chinese];
      const inBranches = /plural/.test(text);
      if (!inBranches) expect(placeholders(other), key).toEqual(placeholders(text));
    }
  });

  it("are all used", () => {
    const patterns = dynamicKeys();
    const unused = Object.keys(english).filter((key) => !code.includes(`"${key}"`) && !patterns.some((pattern) => pattern.test(key)));
    expect(unused).toEqual([]);
  });

  it("exist for every key that the code names", () => {
    const named = [...code.matchAll(/\bt\(\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(named.filter((key) => !(key in english))).toEqual([]);
  });
});
