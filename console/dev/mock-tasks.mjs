/** Models of texts, documents, sounds and frameworks, each with a service that answers as spec 08 has it. */

const LOG_ID = "1390582998516105216";
const ANSWERS = {
  text_cls: { results: [{ name: "logistics", score: 0.93 }, { name: "price", score: 0.04 }] },
  text_match: { score: 0.8812 },
  sequence: { raw_text: ["A", "l", "i", "c", "e"], label: ["B-PER", "I-PER", "I-PER", "I-PER", "O"] },
  entity: { content: "Alice lives in Lyon", results: [{ span: "Alice", offset: 0, tag: "PER" }, { span: "Lyon", offset: 15, tag: "LOC" }] },
  ocr: { results: [{ text: "TOTAL 12.50", score: 0.97, name: "text", location: { points: [{ x: 10, y: 8 }, { x: 90, y: 9 }, { x: 90, y: 24 }, { x: 10, y: 23 }] } }] },
  sound: { results: [{ name: "glass", score: 0.8 }, { name: "dog", score: 0.15 }] },
  general: { result: { labels: [{ categories: [1] }] } },
};
const TASKS = { text_classification: ["Topics", "text_cls"], short_text_matching: ["Questions", "text_match"], sequence_labelling: ["Tags", "sequence"], entity_extraction: ["Places", "entity"], ocr: ["Receipts", "ocr"], audio_classification: ["Sounds", "sound"], general: ["Framework model", "general"] };

export function addTasks({ route, world }) {
  for (const [task, [name, segment]] of Object.entries(TASKS).reverse()) {
    const isGeneral = task === "general";
    const model = world.addModel({ name, task_type: task, source: isGeneral ? "local" : "preset" });
    world.addVersion(model.model_id, null, { task_type: task, network: isGeneral ? "" : "ERNIE", metrics: {}, onnx: null, variants: [], labels: [], ...(isGeneral ? { source: "local", framework: "sklearn", contract: "framework", image: "custom-sklearn", has_report: false, deployments: ["cloud"] } : {}) });
    world.addService({ name: `${name} online`, suffix: segment, model_id: model.model_id, model_version: 1, machine_type: "SVC_CPU", compute_units: 1, instances: 2, task_type: task, segment });
  }
  for (const [segment, answer] of Object.entries(ANSWERS)) {
    route("POST", `/rpc/2.0/ai_custom_bml/v1/${segment}/{suffix}`, () => JSON.stringify({ log_id: 0, ...answer }).replace('"log_id":0', `"log_id":${LOG_ID}`));
  }
}
