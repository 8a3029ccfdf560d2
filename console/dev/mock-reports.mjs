/** Evaluation reports, live samples and answers of the five vision tasks, for the mock API. */
import { report as classification } from "./mock-documents.mjs";

const W = 320;
const H = 240;
/** COCO run lengths of three ellipses of 320 × 240 pixels. */
const MASKS = [
  "Tj;1Y7<G6K4L4M2N2N2M4N0O2N2N2N2O0O2N2O0O2O000O2O0O2O000O2O00000O2O00000000000000000O20N1000000000000000001N1000001N10001N101N10001N101N2N101N2N2N2N102L3N2N2N3L4L5J9DbV\\1",
  "hnW11T7f0@:G8I6J6K4L4L4L4L4M2N2M4M2N2N2M4M2N2N2O0O2N2N2O0O2N2O0O2O0O2O0O2O0O2O000O2O000O2O000000000000000O20N10000000000000001N10001N10001N101N101N101N101N2N101N2N2N101N2N2N3L3N2N2N3L3N2N3L4L4L4L4L5J6J7H9F`0ZOS\\;",
  "nYl01Z7:I4M2N2M4M2O0O2N2O0O2N2O000O2O0O2O00000O2O000000000000000O20N10000000000000001N1000001N101N10001N2N101N2N101N3L3N2N3L7Fg\\P1",
];
const BOXES = [[50, 70, 130, 130], [170, 60, 270, 180], [120, 170, 180, 210]];

export const scene = (hue) =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${W}" height="${H}"><rect width="${W}" height="${H}" fill="hsl(${hue} 25% 78%)"/><ellipse cx="90" cy="100" rx="40" ry="30" fill="hsl(${hue} 40% 45%)"/><ellipse cx="220" cy="120" rx="50" ry="60" fill="hsl(${hue + 80} 40% 50%)"/><ellipse cx="150" cy="190" rx="30" ry="20" fill="hsl(${hue + 160} 40% 55%)"/></svg>`)}`;

const LABELS = { image_classification_multi_label: ["boat", "harbour", "person", "sky"], object_detection: ["car", "person", "sign"], instance_segmentation: ["cell", "nucleus"], semantic_segmentation: ["road", "water"] };
const isMasked = (task) => task !== "object_detection";
const picture = (text, hue) => `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"><rect width="128" height="128" fill="hsl(${hue} 35% 82%)"/><text x="64" y="88" font-size="64" text-anchor="middle" font-family="sans-serif" fill="hsl(${hue} 45% 28%)">${text}</text></svg>`)}`;

function object(task, label, place, score) {
  return { label, box: BOXES[place], ...(score === undefined ? {} : { score }), ...(isMasked(task) ? { mask: MASKS[place] } : {}) };
}

const curve = Array.from({ length: 99 }, (_, index) => {
  const threshold = (index + 1) / 100;
  const precision = 1 - 0.4 * (1 - threshold) ** 3;
  const recall = 1 - 0.9 * threshold ** 4;
  return { threshold, precision, recall, f1: (2 * precision * recall) / (precision + recall) };
});

const shared = (labels, extra) => ({
  format: "openbml.report/1",
  labels,
  network: "mock",
  basis: { source: "holdout", evaluated_count: 128, training_count: 384, holdout_fraction: 0.25, seed: 42 },
  cautions: [{ code: "few_images", message_en: "Only 128 images were evaluated: the figures are for reference.", message_zh: "评测图片较少（128张），结果仅供参考。" }],
  conclusion: { en: "The model finds 87 of 100 objects at the recommended threshold.", zh: "在推荐阈值下，模型找到了100个目标中的87个。" },
  hints: [
    { code: "confused_labels", severity: "warning", message_en: `${labels[0]} and ${labels[1]} are confused: give them more images that tell them apart.`, message_zh: `${labels[0]}与${labels[1]}易混淆，建议补充可区分的图片。`, labels: labels.slice(0, 2), samples: [{ sample_id: "1001", name: "scene_1.jpg" }, { sample_id: "1002", name: "scene_2.jpg" }] },
    { code: "near_duplicates", severity: "info", message_en: "2 evaluated images are almost the same as training images.", message_zh: "2张评测图片与训练图片几乎相同。", labels: [], samples: [] },
  ],
  heat_maps: [{ sample_id: "1001", name: "scene_1.jpg", label: labels[0], file: "images/heat-1.jpg", image_url: scene(10) }],
  threshold_curve: curve,
  recommended_threshold: 0.35,
  ...extra,
});

function multiLabel() {
  const labels = LABELS.image_classification_multi_label;
  return shared(labels, {
    overall: { map: 0.883, micro_f1: 0.871, macro_f1: 0.842, exact_match: 0.71 },
    per_class: labels.map((label, index) => ({ label, ap: 0.95 - index * 0.06, precision: 0.9 - index * 0.03, recall: 0.88 - index * 0.04, f1: 0.89 - index * 0.035, support: 60 - index * 9, training_count: 180 - index * 22, threshold: 0.4 + index * 0.05 })),
    wrong_count: 9,
    wrong_examples: Array.from({ length: 9 }, (_, index) => ({ sample_id: String(1000 + index), name: `coast_${index}.jpg`, true: [labels[index % 4], labels[(index + 1) % 4]], predicted: [labels[index % 4], labels[(index + 2) % 4]], missed: [{ label: labels[(index + 1) % 4], score: 0.21 }], false_positives: [{ label: labels[(index + 2) % 4], score: 0.77 }], right: [{ label: labels[index % 4], score: 0.9 }], thumbnail_url: picture("A", index * 40) })),
  });
}

function detection(task) {
  const labels = LABELS[task];
  const recall = Array.from({ length: 101 }, (_, index) => index / 100);
  return shared(labels, {
    overall: { map50: 0.861, map: 0.552, map75: 0.601, map_small: null, map_medium: 0.48, map_large: 0.66, ar_1: 0.41, ar_10: 0.62, ar_100: 0.64, precision: 0.88, recall: 0.85, f1: 0.865 },
    per_class: labels.map((label, index) => ({ label, ap50: 0.93 - index * 0.08, ap: 0.61 - index * 0.07, precision: 0.91 - index * 0.05, recall: 0.89 - index * 0.06, f1: 0.9 - index * 0.055, support: 120 - index * 30, training_count: 340 - index * 80 })),
    pr_curves: labels.map((label, index) => ({ label, recall, precision: recall.map((at) => Math.max(0, 1 - (at ** (6 - index)) * (0.9 + index * 0.05))) })),
    confusion_matrix: { labels: [...labels, "background"], counts: [...labels, "background"].map((_, row, all) => all.map((__, column) => (row === column ? (row === all.length - 1 ? 0 : 80 - row * 12) : (row * 3 + column) % 7))) },
    wrong_count: 14,
    wrong_examples: Array.from({ length: 14 }, (_, index) => ({ sample_id: String(1000 + index), name: `scene_${index}.jpg`, width: W, height: H, image_url: scene(index * 25), thumbnail_url: scene(index * 25), false_positives: index % 3 === 0 ? [] : [object(task, labels[0], 0, 0.81), ...(index % 4 === 1 ? [{ ...object(task, labels[1], 2, 0.55), true_label: labels[0] }] : [])], missed: index % 3 === 1 ? [] : [object(task, labels[1], 1)], right: index % 2 ? [object(task, labels[1], 2, 0.93)] : [] })),
  });
}

function semantic() {
  const labels = LABELS.semantic_segmentation;
  const rows = [...labels, "background"];
  return shared(labels, {
    overall: { miou: 0.72, pixel_accuracy: 0.91, mean_dice: 0.83 },
    per_class: rows.map((label, index) => ({ label, iou: 0.66 + index * 0.05, dice: 0.79 + index * 0.04, precision: 0.82, recall: 0.8 + index * 0.03, pixels: 120_000 * (index + 1), training_count: label === "background" ? null : 140 })),
    confusion_matrix: { labels: rows, counts: rows.map((_, row) => rows.map((__, column) => (row === column ? 90_000 + row * 10_000 : 4_000))) },
    threshold_curve: undefined,
    recommended_threshold: null,
    wrong_count: 6,
    wrong_examples: Array.from({ length: 6 }, (_, index) => ({ sample_id: String(1000 + index), name: `field_${index}.jpg`, width: W, height: H, image_url: scene(index * 50), thumbnail_url: scene(index * 50), missed_mask: MASKS[index % 3], false_mask: MASKS[(index + 1) % 3], per_label: [{ label: labels[index % 2], missed_pixels: 812, false_pixels: 240, missed_mask: MASKS[index % 3], false_mask: MASKS[(index + 1) % 3] }] })),
  });
}

export function reportOf(task) {
  if (task === "image_classification_multi_label") return multiLabel();
  if (task === "semantic_segmentation") return semantic();
  if (task === "object_detection" || task === "instance_segmentation") return detection(task);
  return { ...shared(["0", "1"], {}), ...classification(picture) };
}

/** A picture of the evaluation with what the model said of it after the epoch. */
export function sampleOf(task, place) {
  const base = { sample_id: String(1000 + place), name: `sample_${place}.jpg`, thumbnail_url: scene(place * 60), image_url: scene(place * 60), width: W, height: H };
  if (task === "image_classification") return { ...base, true: [{ label: String(place) }], predicted: [{ label: String(place === 2 ? 3 : place), score: 0.7 + place / 20 }] };
  const labels = LABELS[task];
  if (task === "image_classification_multi_label") return { ...base, true: labels.slice(0, 2).map((label) => ({ label })), predicted: labels.slice(0, 1 + (place % 2)).map((label) => ({ label, score: 0.8 })) };
  if (task === "semantic_segmentation") return { ...base, true: labels.map((label) => ({ label, share: 0.4 })), predicted: labels.map((label) => ({ label, share: 0.35 })) };
  return { ...base, true: [{ label: labels[0], box: BOXES[0] }, { label: labels[1], box: BOXES[1] }], predicted: [{ label: labels[0], box: BOXES[0].map((edge) => edge + 3), score: 0.8 }, { label: labels[1], box: BOXES[2], score: 0.4 }] };
}

/** What the public API answers; the masks are of 320 × 240 pixels. */
export function answerOf(segment) {
  const place = (box) => ({ left: box[0], top: box[1], width: box[2] - box[0], height: box[3] - box[1] });
  const rows = segment === "classification" ? [] : BOXES.map((box, index) => ({ name: ["car", "person", "sign"][index], score: 0.92 - index * 0.2, location: place(box), ...(segment === "detection" ? {} : { mask: MASKS[index] }) }));
  return JSON.stringify({ log_id: 0, results: rows }).replace('"log_id":0', '"log_id":1390582998516105216');
}
