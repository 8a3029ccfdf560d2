/** Budgets of the built console: first load of Home, every later chunk. Exits non-zero beyond one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const FIRST_LOAD_KB = 300;
const CHUNK_KB = 250;

const manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8"));

function staticImports(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const imported of manifest[name].imports ?? []) staticImports(imported, seen);
  return seen;
}

function gzipKb(files) {
  return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0) / 1024;
}

const scripts = (names) => new Set([...names].map((name) => manifest[name].file).filter((file) => file.endsWith(".js")));

const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const home = "src/features/home/home-page.tsx";
const languages = ["src/locales/en.json", "src/locales/zh-CN.json"].filter((name) => manifest[name]);
const antdLocales = Object.keys(manifest).filter((name) => name.includes("antd/es/locale/"));
const first = new Set([...staticImports(entry), ...staticImports(home)]);
const largestOf = (names) => Math.max(0, ...names.map((name) => gzipKb(scripts(staticImports(name)))));
const language = largestOf(languages) + Math.max(0, ...antdLocales.map((name) => gzipKb([manifest[name].file])));
const firstLoad = gzipKb(scripts(first)) + language;

const rows = [["first load of Home", firstLoad, FIRST_LOAD_KB]];
for (const name of Object.keys(manifest)) {
  const file = manifest[name].file;
  if (!file.endsWith(".js") || first.has(name)) continue;
  rows.push([file, gzipKb([file]), CHUNK_KB]);
}

const over = rows.filter(([, size, budget]) => size > budget);
const largest = [rows[0], ...rows.slice(1).sort((left, right) => right[1] - left[1]).slice(0, 5)];
for (const [name, size, budget] of largest) console.log(`${size.toFixed(1).padStart(7)} KB of ${budget} KB gzipped  ${name}`);
for (const [name, size, budget] of over) console.error(`over budget: ${name}: ${size.toFixed(1)} KB > ${budget} KB`);
process.exit(over.length > 0 ? 1 : 0);
