/** The evaluation report of a classification, for the mock API. */

export const labelNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

export function report(picture) {
  const counts = labelNames.map((_, row) => labelNames.map((__, column) => (row === column ? 46 + (row % 4) : (row + column) % 5 === 0 ? 1 : 0)));
  const wrong = labelNames.flatMap((label, row) => labelNames.flatMap((other, column) => (row !== column && counts[row][column] > 0 ? [{ sample_id: `${row}${column}`, name: `sign_${row}${column}.jpg`, true: label, predicted: other, score: 0.4 + ((row * 7 + column) % 10) / 20, top: [{ name: other, score: 0.4 + ((row * 7 + column) % 10) / 20 }, { name: label, score: 0.2 }], thumbnail_url: picture(label, row * 36) }] : [])));
  const curve = Array.from({ length: 99 }, (_, index) => {
    const threshold = (index + 1) / 100;
    const precision = 1 - 0.4 * (1 - threshold) ** 3;
    const recall = 1 - 0.9 * threshold ** 4;
    return { threshold, precision, recall, f1: (2 * precision * recall) / (precision + recall) };
  });
  return {
    format: "openbml.report/1",
    labels: labelNames,
    basis: { source: "holdout", evaluated_count: 512, training_count: 1536, holdout_fraction: 0.25, seed: 42 },
    cautions: [{ code: "imbalanced_labels", message_en: "Label 3 has 210 training images, 8 only 40: balance the labels.", message_zh: "标签3有210张训练图片，8仅有40张，建议平衡各标签的数量。" }],
    conclusion: { en: "The model is good: 495 of 512 held-out images are right, accuracy 96.7%.", zh: "模型效果较好：512张留出图片中495张正确，准确率96.7%。" },
    overall: { accuracy: 0.967, macro_f1: 0.966, macro_precision: 0.968, macro_recall: 0.965 },
    topk: { 1: 0.967, 2: 0.988, 3: 0.994, 4: 0.998, 5: 1 },
    per_class: labelNames.map((label, index) => ({ label, precision: 0.99 - (index % 4) * 0.02, recall: 0.98 - (index % 3) * 0.025, f1: 0.985 - (index % 4) * 0.022, support: 51, training_count: 150 })),
    confusion_matrix: { labels: labelNames, counts },
    threshold_curve: curve,
    recommended_threshold: 0.42,
    wrong_count: wrong.length,
    wrong_examples: wrong,
  };
}
