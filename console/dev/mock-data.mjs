/** Datasets of several kinds for the mock API: samples are made from their number, so a hundred thousand cost nothing. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCRIPT = `
import json
from openbml_catalog.datasets import data_formats, dataset_kinds
from openbml_catalog.datasets.operators import OperatorUse, operators_for
kinds = dataset_kinds()
rows = lambda items: [item.model_dump(mode="json") for item in items]
print(json.dumps({
    "kinds": {"items": rows(kinds.values()), "formats": rows(data_formats().values()), "next_cursor": None},
    "operators": {code: {use.value: rows(operators_for(kind, use)) for use in OperatorUse} for code, kind in kinds.items()},
}))`;

/** The catalogue as the platform has it: one place for kinds, formats and operators. */
export function readCatalogue() {
  const out = execFileSync(`${ROOT}.venv/bin/python`, ["-c", SCRIPT], { env: { ...process.env, PYTHONPATH: `${ROOT}layers/catalog:${ROOT}layers/formats` }, maxBuffer: 1 << 24 });
  return JSON.parse(out);
}

const svg = (width, height, body) => `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`)}`;
const NAMES = { image: ["cat", "dog", "bird", "horse", "truck"], text: ["sports", "finance", "culture"], audio: ["bark", "siren", "rain"] };
const TEXTS = ["The harbour opened again on Monday after two days of storm.", "Shares of the northern railway rose by four percent.", "昨天晚上北京国家大剧院上演了新剧《茶馆》。", "Her third goal decided the match in Lyon."];

const EMPTY = { labels: [], regions: [], spans: [], tags: [], attributes: {} };

function annotate(kind, index, names) {
  const labelled = index % 7 !== 0;
  if (!labelled) return EMPTY;
  const name = names[index % names.length];
  const box = (x, y, w, h) => ({ x1: x, y1: y, x2: x + w, y2: y + h });
  switch (kind.annotation_form) {
    case "classes":
      return { ...EMPTY, labels: kind.several && index % 3 === 0 ? [name, names[(index + 1) % names.length]] : [name] };
    case "similarity":
      return { ...EMPTY, labels: [String(index % 2)] };
    case "boxes":
      return { ...EMPTY, regions: [{ label: name, box: box(60, 50, 120, 130), polygons: [], mask: null, text: null }, { label: names[(index + 2) % names.length], box: box(200, 110, 90, 70), polygons: [], mask: null, text: null }] };
    case "polygons":
      return { ...EMPTY, regions: [{ label: name, box: null, polygons: [[[60, 60], [170, 40], [210, 150], [90, 190]]], mask: null, text: null }] };
    case "text_regions":
      return { ...EMPTY, regions: [{ label: "", box: null, polygons: [[[40, 80], [280, 74], [282, 120], [42, 128]]], mask: null, text: "EXIT 24" }] };
    case "spans":
      return { ...EMPTY, spans: [{ label: "Place", start: 4, end: 11, text: "harbour" }, { label: "Time", start: 28, end: 34, text: "Monday" }] };
    case "tags":
      return { ...EMPTY, tags: ["B-LOC", "I-LOC", "O", "O", "B-TIM"] };
    default:
      return EMPTY;
  }
}

function countsOf(annotation) {
  const counts = {};
  const add = (name) => { if (name) counts[name] = (counts[name] ?? 0) + 1; };
  annotation.labels.forEach(add);
  annotation.regions.forEach((region) => add(region.label));
  annotation.spans.forEach((span) => add(span.label));
  new Set(annotation.tags.filter((tag) => tag !== "O").map((tag) => tag.slice(2))).forEach(add);
  return counts;
}

function contentOf(kind, index) {
  const hue = (index * 37) % 360;
  const picture = svg(320, 240, `<rect width="320" height="240" fill="hsl(${hue} 30% 80%)"/><circle cx="120" cy="115" r="58" fill="hsl(${hue} 45% 45%)"/><rect x="200" y="110" width="90" height="70" fill="hsl(${(hue + 90) % 360} 45% 45%)"/><text x="12" y="228" font-size="18" font-family="sans-serif">${index}</text>`);
  const text = TEXTS[kind.content === "text" && kind.annotation_form === "spans" ? 0 : index % TEXTS.length];
  switch (kind.content) {
    case "image":
      return { texts: [], width: 320, height: 240, extension: "jpg", content_url: picture, thumbnail_url: picture };
    case "sound":
      return { texts: [], width: 0, height: 0, duration_ms: 1200 + (index % 9) * 900, extension: "wav", content_url: "data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=", thumbnail_url: null };
    case "pair":
      return { texts: [text, TEXTS[(index + 1) % TEXTS.length]], width: 0, height: 0, extension: "", content_url: null, thumbnail_url: null };
    case "tokens":
      return { texts: ["New", "York", "was", "quiet", "today"], width: 0, height: 0, extension: "", content_url: null, thumbnail_url: null };
    default:
      return { texts: [text], width: 0, height: 0, extension: "", content_url: null, thumbnail_url: null };
  }
}

/** Samples of one version, by number; what people change is kept beside. */
export class Samples {
  constructor(kind, count) {
    this.kind = kind;
    this.count = count;
    this.changed = new Map();
    this.gone = new Set();
    this.names = (NAMES[kind.data_type] ?? NAMES.text).map(String);
    this.remarks = new Map();
  }

  annotation(index) {
    return this.changed.get(index)?.at(-1).annotation ?? annotate(this.kind, index, this.names);
  }

  view(index) {
    const annotation = this.annotation(index);
    const counts = countsOf(annotation);
    const edits = this.changed.get(index);
    const labels = Object.keys(counts).map((name) => ({ name }));
    return {
      sample_id: 1000 + index, name: this.kind.content === "image" ? `img_${String(index).padStart(6, "0")}.jpg` : `lines.txt:${index + 1}`, labels, label_counts: counts, labelled: labels.length > 0 || annotation.regions.length > 0, annotation_revision: 1 + (edits?.length ?? 0),
      annotation_source: edits ? "human" : "imported", annotated_by: edits ? 1 : null, annotated_at: edits ? edits.at(-1).at : null, duration_ms: 0, size_bytes: 20_000 + (index % 900) * 100, sha256: "9f2c".repeat(16), import_id: 5, added_at: new Date(Date.now() - index * 60_000).toISOString(), annotation: null, ...contentOf(this.kind, index),
    };
  }

  edit(index, annotation) {
    const list = this.changed.get(index) ?? [];
    this.changed.set(index, [...list, { annotation, at: new Date().toISOString() }]);
  }

  find(query) {
    const label = query.get("label"), state = query.get("annotation_state"), source = query.get("annotation_source"), name = query.get("name");
    const found = [];
    for (let index = 0; index < this.count; index += 1) {
      if (this.gone.has(index)) continue;
      if (label || state || source || name || query.get("min_size_bytes") || query.get("max_size_bytes")) {
        const row = this.view(index);
        if (label && !(label in row.label_counts)) continue;
        if (state && (state === "labelled") !== row.labelled) continue;
        if (source && row.annotation_source !== source) continue;
        if (name && !row.name.includes(name)) continue;
        if (row.size_bytes < Number(query.get("min_size_bytes") ?? 0) || row.size_bytes > Number(query.get("max_size_bytes") ?? Infinity)) continue;
      }
      found.push(index);
    }
    return found;
  }

  labels() {
    const counts = new Map(this.kind.annotation_form === "similarity" ? [["0", 0], ["1", 0]] : this.names.map((name) => [name, 0]));
    const seen = Math.min(this.count, 2000);
    for (let index = 0; index < seen; index += 1) for (const name of Object.keys(countsOf(this.annotation(index)))) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts].map(([name, count]) => ({ name, sample_count: Math.round((count * this.count) / Math.max(1, seen)), object_count: Math.round((count * this.count) / Math.max(1, seen)), remark: "", colour: null, pinned: false, operation_id: null, ...this.remarks.get(name) }));
  }
}
