/** A quality report as the platform writes it, for the mock API. */

function distribution(low, high, bins = 20) {
  const edges = Array.from({ length: bins + 1 }, (_, index) => low + ((high - low) * index) / bins);
  const counts = Array.from({ length: bins }, (_, index) => Math.round(260 * Math.exp(-((index - bins * 0.4) ** 2) / bins)));
  const at = (share) => low + (high - low) * share;
  return { count: counts.reduce((sum, value) => sum + value, 0), min: low, max: high, mean: at(0.42), std: at(0.2) - low, p5: at(0.1), p25: at(0.3), p50: at(0.41), p75: at(0.55), p95: at(0.8), edges, counts, sampled: false };
}

const samples = [1001, 1008, 1042].map((sample_id) => ({ sample_id, name: `img_${String(sample_id - 1000).padStart(6, "0")}.jpg` }));

export function mockQuality(dataset, kind) {
  const image = kind.content === "image";
  return {
    format: "openbml.quality-report/1", dataset_name: dataset.name, version_number: 1, kind: kind.code, samples: dataset.sample_count,
    balance: kind.content === "rows" ? null : { samples: dataset.sample_count, labelled: dataset.labelled_count, label_count: 5, ratio: 14.2, entropy: 0.71, labels: ["cat", "dog", "bird", "horse", "truck"].map((label, index) => ({ label, samples: Math.round(900 / (index + 1) ** 1.6), uses: Math.round(1400 / (index + 1) ** 1.6), mean_area_share: 0.12 })) },
    images: image ? { measured: dataset.sample_count, width: distribution(120, 640), height: distribution(90, 480), aspect: distribution(0.4, 2.6), size_kb: distribution(8, 410), brightness: distribution(10, 245), sharpness: distribution(2, 900), broken: 1, identical: { groups: 2, extra: 2, listed: [] }, similar: { groups: 3, extra: 5, listed: [{ count: 3, samples, labels_differ: true }] }, capped: 0 } : null,
    regions: kind.annotation_form === "boxes" ? { regions: 4680, per_sample: distribution(0, 12), area_share: distribution(0, 0.8), aspect: distribution(0.2, 4), side_pixels: distribution(2, 300), tiny: 12, huge: 1, outside: 0, flat: 0, overlapping: 4 } : null,
    texts: kind.data_type === "text" ? { texts: dataset.sample_count, length: distribution(4, 210), scripts: { latin: 0.74, han: 0.26 }, vocabulary: 5120, vocabulary_capped: false, empty: 0, noise: { markup: 3, urls: 9 }, duplicates: { groups: 1, extra: 1, listed: [] }, same_pairs: 0 } : null,
    sequences: null, sounds: null,
    table: kind.content === "rows" ? { rows: dataset.sample_count, column_count: 2, duplicate_rows: 4, columns: [{ name: "Price_EUR", type: "double", missing: 260, distinct: 1900, sampled: false, min: "90000.0", max: "991000.5", mean: 301000, std: 81000, p5: 95000, p25: 180000, p50: 290000, p75: 410000, p95: 720000, outliers: 14, zeros: 0, edges: distribution(90000, 990000).edges, counts: distribution(90000, 990000).counts, top: [], constant: false, same_as: null }, { name: "district", type: "string", missing: 0, distinct: 2, sampled: false, min: null, max: null, mean: null, std: null, p5: null, p25: null, p50: null, p75: null, p95: null, outliers: null, zeros: null, edges: [], counts: [], top: [{ value: "North", count: 1170 }, { value: "South", count: 1170 }], constant: false, same_as: null }] } : null,
    findings: [
      { severity: "serious", code: "labels_differ", message: "3 similar images carry different labels.", advice: "Look at the groups and keep the right label.", operator: null, count: 3, samples },
      { severity: "warning", code: "imbalanced", message: "The most frequent label has 14.2 times as many samples as the rarest.", advice: "Collect more of truck, or augment it.", operator: null, count: 2, samples: [] },
      { severity: "warning", code: "dark", message: "12 images are nearly black.", advice: "Remove them.", operator: "remove_dark", count: 12, samples: samples.slice(0, 2) },
      { severity: "info", code: "unlabelled", message: "334 samples carry no label.", advice: "Label them, or leave them for smart labelling.", operator: null, count: 334, samples: [] },
    ],
  };
}
