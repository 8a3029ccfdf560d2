/** What the mock API knows, and how its runs, imports and services move on by themselves. */
import { labelNames } from "./mock-documents.mjs";
import { readTrainingCatalogue, TASKS } from "./mock-training.mjs";

const PERMISSIONS = ["datasets", "training", "models", "services", "usage", "applications"].flatMap((area) => ["read", "write", "manage"].map((verb) => `${area}.${verb}`));

export function makeWorld(origin) {
  let last = 245_900_000_000_000;
  const newId = () => (last += 4097);
  const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  const listeners = new Set();
  const parts = new Map();
  const changed = (topic) => listeners.forEach((listener) => listener(topic));

  const world = {
    newId,
    catalog: readTrainingCatalogue(),
    changed,
    problems: [["rejected", "images/broken.jpg", "image_undecodable", "The image cannot be decoded; save it again as jpg, png or bmp."], ["rejected", "images/huge.png", "image_too_large", "5.2 MB; at most 4 MB are accepted."], ["skipped", "notes/readme.md", "other_file", "Neither an image nor an annotation."], ["changed", "images/a b.json", "label_renamed", "The label 'stop sign' became 'stop_sign'."]].map(([severity, file, reason, message], index) => ({ severity, file, reason, message, line: index > 1 ? index * 7 : null })),
    me: { user_id: 1, account_id: 1, email: "owner@example.com", is_owner: true, paid_billing: false, projects: [{ project_id: 1, name: "default", permissions: PERMISSIONS }, { project_id: 3, name: "read nothing", permissions: [] }] },
    applications: [{ app_id: 245_900_000_000_001, name: "Kiosk", description: "Terminal at the entrance", api_key: "mEqZ2v7cXn9QkT41bLs0aYdR", secret_key: "p9VbW3sT6yHkQ2mZxR8cLfJ0uAeN5dGi", created_at: ago(300) }],
    datasets: [],
    imports: [],
    experiments: [],
    runs: [],
    models: [],
    versions: [],
    services: [],
    prices: { currency: "CNY", prices: [{ module: "batch", machine: "CPU_4C_16G", unit: "node_minute", price: "0.025", free_hours: 100, needs_paid_billing: false }, { module: "batch", machine: "GPU_V100", unit: "node_minute", price: "0.45", free_hours: 0, needs_paid_billing: true }, { module: "online_service", machine: "SVC_CPU", unit: "compute_unit_hour", price: "0.4", free_hours: 100, needs_paid_billing: false }] },
    onChange: (listener) => (listeners.add(listener), () => listeners.delete(listener)),

    addApplication: (body) => push(world.applications, { app_id: newId(), ...body, api_key: "newkey", secret_key: "newsecret", created_at: ago(0) }),
    addDataset: (body) => push(world.datasets, { dataset_id: newId(), data_type: "image", annotation_type: "image_classification", template: "single_label", deduplicated: true, tag_scheme: null, storage_type: "sysBos", storage_path: null, state: "empty", created_at: ago(0), latest_version: 1, sample_count: 0, labelled_count: 0, ...body }),
    addImport: (datasetId, body) => {
      const id = newId();
      const partSize = 512 * 1024;
      const counts = { accepted: 0, duplicate: 0, replaced: 0, rejected: 0, skipped: 0, cut: 0, changed: 0, ignored: 0, unlabelled: 0 };
      const size = body.files.reduce((sum, file) => sum + file.size_bytes, 0);
      const files = body.files.map((file, index) => ({ file: index, ...file, upload: { upload_id: "u", part_size_bytes: partSize, part_count: Math.ceil(file.size_bytes / partSize), parts: [] } }));
      return push(world.imports, { import_id: id, dataset_id: datasetId, state: "uploading", format: body.format ?? "", filename: body.files[0]?.name ?? "", size_bytes: size, files, source: body.source ?? null, progress: { entries_total: 0, entries_done: 0 }, counts, failure: null, created_by: 1, created_at: ago(0), finished_at: null, upload: null });
    },
    partUrl: (id, file, number) => ({ part_number: number, url: `${origin}/s3/${id}/${file}/${number}` }),
    storePart: (key, number, size) => parts.set(`${key}/${number}`, { part_number: number, etag: '"e"', size_bytes: size }),
    partsOf: (key) => [...parts].filter(([other]) => other.startsWith(`${key}/`)).map(([, part]) => part),
    runImport: (id) => {
      const item = world.imports.find((entry) => entry.import_id === id);
      const dataset = world.datasets.find((entry) => entry.dataset_id === item.dataset_id);
      Object.assign(item, { state: "importing", progress: { entries_total: 404, entries_done: 0 } });
      dataset.state = "importing";
      const timer = setInterval(() => {
        item.progress.entries_done = Math.min(404, item.progress.entries_done + 101);
        if (item.progress.entries_done === 404) {
          clearInterval(timer);
          Object.assign(item, { state: "finished", finished_at: ago(0), counts: { ...item.counts, accepted: 200, duplicate: 2, rejected: 2 } });
          Object.assign(dataset, { state: "import_finished", sample_count: 200, labelled_count: 171 });
        }
        changed(`import/${id}`);
      }, 700);
      return item;
    },
    addExperiment: (body) => push(world.experiments, { experiment_id: newId(), description: "", ...body, created_at: ago(0) }),
    addRun: (experimentId, body) => {
      world.refuseRun?.(body);
      const epochs = Number(body.hyper_parameters?.epochs ?? 20);
      const task = world.experiments.find((experiment) => experiment.experiment_id === experimentId).task_type;
      const version = 1 + world.runs.filter((run) => run.experiment_id === experimentId).length;
      const run = push(world.runs, { run_id: newId(), experiment_id: experimentId, version_number: version, state: "queued", stage: null, task_type: task, labels: TASKS[task].labels, snapshot_id: "3c1f".repeat(16), created_at: ago(0), started_at: null, finished_at: null, training_seconds: 0, progress: null, metrics: null, failure: null, cost_estimate: "16.80", evaluation_data: [], network: TASKS[task].network, max_training_minutes: 60, cautions: [], ...body, ...(body.tabular ? { hyper_parameters: { tabular: JSON.stringify(body.tabular) }, tabular: { excluded_columns: [], ...body.tabular } } : { tabular: null }), max_epochs: epochs });
      world.afterRun?.(run, body);
      let epoch = -1;
      const timer = setInterval(() => {
        if (run.state === "stopped") return clearInterval(timer);
        epoch += 1;
        Object.assign(run, { state: "running", stage: "training", started_at: run.started_at ?? ago(0), progress: { epoch, epochs }, training_seconds: epoch * 2 });
        if (epoch >= epochs) {
          clearInterval(timer);
          Object.assign(run, { state: "succeeded", stage: null, finished_at: ago(0), metrics: { [TASKS[task].quality.replace("eval_", "")]: 0.868 } });
        }
        changed(`run/${run.run_id}`);
      }, 900);
      return run;
    },
    epochsOf: (run) => Array.from({ length: run.progress?.epoch ?? 0 }, (_, index) => ({ epoch: index + 1, epochs: run.max_epochs, train_loss: 2.2 * Math.exp(-index / 5) + 0.2, eval_loss: 2.3 * Math.exp(-index / 6) + 0.28, ...(run.tabular ? { score: -0.45 + 0.12 * (1 - Math.exp(-index / 4)) - (index % 3) * 0.02, best_score: -0.45 + 0.12 * (1 - Math.exp(-index / 4)), models: 5 * (index + 1) } : {}), [TASKS[run.task_type].quality]: 0.9 - 0.85 * Math.exp(-index / 4), learning_rate: 0.001 * (1 - index / 30), images_per_second: 41 + (index % 3), seconds: 4, at: ago(0) })),
    logsOf: (run, after) => {
      const lines = Array.from({ length: run.progress?.epoch ?? 0 }, (_, index) => ({ id: String(index + 1).padStart(6, "0"), at: ago(0), message: `epoch=${index + 1} train_loss=${(2.2 * Math.exp(-index / 5) + 0.2).toFixed(4)} eval_accuracy=${(0.98 - 0.85 * Math.exp(-index / 4)).toFixed(4)}` })).filter((line) => !after || line.id > after);
      return { items: lines, next_after: lines.at(-1)?.id ?? after };
    },
    addModel: (body) => push(world.models, { model_id: newId(), description: "", source: "preset", experiment_id: null, deleting: false, latest_version: 1, ...body, created_at: ago(0) }),
    addVersion: (modelId, runId, more = {}) => push(world.versions, { model_id: modelId, version_number: 1 + world.versions.filter((item) => item.model_id === modelId).length, run_id: runId, state: "ready", failure: null, description: "", source: "preset", framework: null, contract: "task", image: "serving", deployments: ["cloud", "edge"], can_validate: true, has_report: runId !== null, deployed: false, task_type: "image_classification", network: "ResNet18_vd", labels: labelNames, metrics: { accuracy: 0.968, macro_f1: 0.966, macro_precision: 0.967, macro_recall: 0.965 }, recommended_threshold: 0.42, onnx: { max_abs_diff: 3.1e-6, tolerance: 0.001, opset: 17, sha256: "ab12".repeat(16) }, lineage: { snapshot_id: "3c1f".repeat(16), dataset_versions: [{ dataset_id: world.datasets[0].dataset_id, version_number: 1 }], code_digest: "sha256:77aa21", image_digest: "sha256:0c44d2", hyper_parameters: { epochs: "12", batch_size: "32", learning_rate: "0.001" } }, created_at: ago(0), size_bytes: 44_800_000, variants: [{ precision: "fp32", file: "model.onnx", size_bytes: 44_800_000, quality: 0.968, quality_loss: 0, latency_ms: 31.2, recommended: true }, { precision: "int8", file: "model.int8.onnx", size_bytes: 11_500_000, quality: 0.965, quality_loss: 0.003, latency_ms: 14.9, recommended: true }], ...more }),
    addService: ({ task_type = "image_classification", segment = "classification", ...body }) => world.place(push(world.services, { service_id: newId(), task_type, variant: "fp32", image: "serving", limits: { qps: null, daily: null, total: null }, challenger: null, traffic: { challenger_share: 0, sticky: false, shadow: false }, sleep_policy: null, recording: { mode: "all", percent: 10, keep_inputs: false }, last_call_at: null, ...body, url: `${origin}/rpc/2.0/ai_custom_bml/v1/${segment}/${body.suffix}`, failure: null, created_at: ago(0), running_since: null })),
    place: (service) => (service.compute_units === null ? Object.assign(service, { state: "unconfigured" }) : world.start(service)),
    start: (service, meanwhile = "deploying") => {
      service.state = meanwhile;
      setTimeout(() => {
        Object.assign(service, { state: "running", running_since: ago(0) });
        changed(`service/${service.service_id}`);
      }, 1500);
      return service;
    },
    accruing: () => world.services.filter((service) => service.state === "running").map((service) => ({ module: "online_service", machine: "SVC_CPU", resource_type: "service", resource_id: service.service_id, resource_name: service.name, billed_minutes: 62, free_minutes: 62, amount: "0.00" })),
    prediction: () => '{"log_id": 1390582998516105216, "results": [{"name": "5", "score": 0.9312}, {"name": "6", "score": 0.0407}, {"name": "9", "score": 0.0151}, {"name": "8", "score": 0.0066}, {"name": "0", "score": 0.0041}, {"name": "2", "score": 0.0023}]}',
  };
  function push(list, item) {
    list.unshift(item);
    return item;
  }

  const kinds = { "Sign digits": {}, "Street scenes": { annotation_type: "object_detection", template: "rectangle" }, "Cells outlined": { annotation_type: "instance_segmentation", template: "polygon" }, "Fields and water": { annotation_type: "semantic_segmentation", template: "polygon" }, "A hundred thousand pictures": { template: "multi_label" }, "News topics": { data_type: "text", annotation_type: "text_classification" }, "Places in news": { data_type: "text", annotation_type: "entity_extraction", template: "spans" }, "Tagged sentences": { data_type: "text", annotation_type: "sequence_labelling", template: "tagged", tag_scheme: "IOB" }, "Questions asked twice": { data_type: "text", annotation_type: "short_text_matching", template: "similarity" }, "City sounds": { data_type: "audio", annotation_type: "audio_classification" }, "Customer churn": { data_type: "table", annotation_type: "table", template: "table" }, "Sensors of a plant, one thousand columns wide": { data_type: "table", annotation_type: "table", template: "table" }, "House prices": { data_type: "table", annotation_type: "table", template: "table" } };
  for (const [name, kind] of Object.entries(kinds).reverse()) {
    const count = name.startsWith("A hundred") ? 100_000 : 2_340;
    world.addDataset({ name, ...kind, state: "import_finished", sample_count: count, labelled_count: Math.floor((count * 6) / 7), created_at: ago(200) });
  }
  const signs = world.datasets[0];
  const done1 = { accepted: 2_340, duplicate: 12, replaced: 0, rejected: 2, skipped: 3, cut: 0, changed: 4, ignored: 1, unlabelled: 0 };
  push(world.imports, { ...world.addImport(signs.dataset_id, { format: "json", files: [{ name: "train.zip", size_bytes: 2_514_918 }] }), state: "finished", progress: { entries_total: 2362, entries_done: 2362 }, counts: done1, created_at: ago(198), finished_at: ago(197) });
  push(world.imports, { ...world.addImport(signs.dataset_id, { format: "images", files: [{ name: "wrong.zip", size_bytes: 91_230 }] }), import_id: newId(), state: "failed", failure: { reason: "archive_format", message: "The archive holds another archive: nested.zip." }, created_at: ago(199), finished_at: ago(199) });
  world.imports = world.imports.filter((item) => item.state !== "uploading");
  const sets = { image_classification: "Sign digits", image_classification_multi_label: "A hundred thousand pictures", object_detection: "Street scenes", instance_segmentation: "Cells outlined", semantic_segmentation: "Fields and water" };
  const done = Object.entries(TASKS).filter(([task]) => sets[task]).reverse().flatMap(([task, { network }]) => {
    const experiment = Object.assign(world.addExperiment({ name: `Recognise: ${sets[task]}`, direction: "vision", task_type: task }), { created_at: ago(190) });
    const dataset = world.datasets.find((entry) => entry.name === sets[task]);
    return [12, 20].map((epochs) => Object.assign(world.addRun(experiment.experiment_id, { training_data: [{ dataset_id: dataset.dataset_id, version_number: 1 }], network, hyper_parameters: { epochs: String(epochs), batch_size: "32", learning_rate: epochs === 12 ? "0.001" : "0.002" }, machine_type: "GPU_P4", node_count: 1 }), { state: "succeeded", progress: { epoch: epochs, epochs } }));
  }).at(-1);
  const model = world.addModel({ name: "Sign digits", task_type: "image_classification" });
  world.addVersion(model.model_id, done.run_id);
  world.addVersion(model.model_id, done.run_id, { metrics: { accuracy: 0.975, macro_f1: 0.974 }, lineage: { ...world.versions[0].lineage, hyper_parameters: { epochs: "20", batch_size: "32", learning_rate: "0.002" } } });
  world.addService({ name: "Signs online", suffix: "signs", model_id: model.model_id, model_version: 1, machine_type: "SVC_CPU", compute_units: 1, instances: 2 });
  world.addService({ name: "Cells online", suffix: "cells", model_id: model.model_id, model_version: 1, machine_type: "SVC_CPU", compute_units: 1, instances: 2, task_type: "instance_segmentation", segment: "segmentation" });
  const item = (module, machine, type, name, billed, free, amount) => ({ module, machine, resource_type: type, resource_id: newId(), resource_name: name, billed_minutes: billed, free_minutes: free, amount });
  world.bill = { currency: "CNY", total: "3.92", items: [item("preset", "GPU_P4", "run", "Recognise sign digits V1", 14, 6, "3.92")], allowances: [{ module: "preset", machine: "GPU_P4", free_minutes: 6000, used_minutes: 412 }, { module: "online_service", machine: "SVC_CPU", free_minutes: 6000, used_minutes: 2240 }] };
  world.ledger = world.bill.items.map((entry) => ({ ...entry, usage_id: "run:1", recorded_at: ago(30) }));
  return world;
}
