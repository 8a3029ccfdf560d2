/** The larger documents of the mock API: catalogue and evaluation report. */

export const labelNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const parameter = (name, type, minimum, maximum, fallback, en, zh, advanced = false) => ({ name, task: "image_classification", type, minimum, maximum, choices: [], default: fallback, label_en: en, label_zh: zh, help_en: `What ${en.toLowerCase()} means for the result.`, help_zh: `${zh}对结果的影响。`, advanced });

export const catalog = {
  tasks: [{ code: "image_classification", direction: "vision" }],
  networks: [
    { name: "ResNet18_vd", family: "public", task: "image_classification", recommended: true, top1: 0.7226, input_size: 224, batch_size: 32, learning_rate: 0.001, recommended_for_en: "First experiments, small data, CPU machines.", recommended_for_zh: "轻量ResNet，适合小模型和首次实验。", weights: [], excluded_machines: [] },
    { name: "MobileNetV3_large_x1_0", family: "public", task: "image_classification", recommended: false, top1: 0.753, input_size: 224, batch_size: 32, learning_rate: 0.001, recommended_for_en: "Fast, light services.", recommended_for_zh: "轻量，速度快。", weights: [], excluded_machines: [] },
  ],
  hyper_parameters: [
    parameter("epochs", "integer", 1, 500, 20, "Epochs", "训练轮数"),
    parameter("batch_size", "integer", 2, 512, null, "Batch size", "批大小"),
    parameter("learning_rate", "number", 0.000001, 1, null, "Learning rate", "学习率"),
    parameter("input_size", "integer", 32, 1024, null, "Input size (px)", "输入尺寸（像素）"),
    parameter("weight_decay", "number", 0, 1, 0.05, "Weight decay", "权重衰减", true),
    parameter("label_smoothing", "number", 0, 0.5, 0.1, "Label smoothing", "标签平滑", true),
  ],
  machines: [
    { code: "GPU_P4", label: "TeslaGPU_P4_8G显存单卡_12核CPU_40G内存", cpu: 12, memory_gb: 40, gpu: "P4", gpu_memory_gb: 8, price: "0.28", unit: "node_minute", needs_paid_billing: false },
    { code: "GPU_V100", label: "TeslaGPU_V100_16G显存单卡_12核CPU_56G内存", cpu: 12, memory_gb: 56, gpu: "V100", gpu_memory_gb: 16, price: "0.45", unit: "node_minute", needs_paid_billing: true },
  ],
};

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
