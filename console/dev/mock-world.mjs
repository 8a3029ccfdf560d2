/** What the mock API knows, and how its runs, imports and services move on by themselves. */
import { catalog, labelNames, report } from "./mock-documents.mjs";

const picture = (text, hue) =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"><rect width="128" height="128" fill="hsl(${hue} 35% 82%)"/><text x="64" y="88" font-size="64" text-anchor="middle" font-family="sans-serif" fill="hsl(${hue} 45% 28%)">${text}</text></svg>`)}`;

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
    catalog,
    report: report(picture),
    labels: labelNames.map((name) => ({ name, sample_count: 20 })),
    samples: Array.from({ length: 200 }, (_, index) => ({
      sample_id: 1000 + index, name: `sign_${String(index).padStart(4, "0")}.jpg`, labels: [{ name: labelNames[index % 10] }], width: 100, height: 100, size_bytes: 3100 + index, sha256: "9f2c".repeat(16), thumbnail_url: picture(labelNames[index % 10], (index * 37) % 360),
    })),
    problems: [{ file: "images/broken.jpg", reason: "image_undecodable", message: "The image cannot be decoded; save it again as jpg, png or bmp." }, { file: "images/huge.png", reason: "image_too_large", message: "5.2 MB; at most 4 MB are accepted." }],
    me: { user_id: 1, account_id: 1, email: "owner@example.com", is_owner: true, paid_billing: false, projects: [{ project_id: 1, name: "default", permissions: PERMISSIONS }, { project_id: 3, name: "read nothing", permissions: [] }] },
    applications: [{ app_id: 245_900_000_000_001, name: "Kiosk", description: "Terminal at the entrance", api_key: "mEqZ2v7cXn9QkT41bLs0aYdR", secret_key: "p9VbW3sT6yHkQ2mZxR8cLfJ0uAeN5dGi", created_at: ago(300) }],
    datasets: [],
    imports: [],
    experiments: [],
    runs: [],
    models: [],
    versions: [],
    services: [],
    calls: [{ log_id: "1390582998516105216", at: ago(4), error_code: null, duration_ms: 21.4 }],
    prices: { currency: "CNY", prices: [{ module: "online_service", machine: "SVC_CPU", unit: "compute_unit_hour", price: "0.4", free_hours: 100, needs_paid_billing: false }] },
    onChange: (listener) => (listeners.add(listener), () => listeners.delete(listener)),

    addApplication: (body) => push(world.applications, { app_id: newId(), ...body, api_key: "newkey", secret_key: "newsecret", created_at: ago(0) }),
    addDataset: (name) => push(world.datasets, { dataset_id: newId(), name, data_type: "image", annotation_type: "image_classification", template: "single_label", state: "empty", created_at: ago(0), latest_version: 1, sample_count: 0, labelled_count: 0 }),
    addImport: (datasetId, body) => {
      const id = newId();
      const partSize = 512 * 1024;
      const count = Math.ceil(body.size_bytes / partSize);
      const item = push(world.imports, { import_id: id, dataset_id: datasetId, state: "uploading", filename: body.filename, size_bytes: body.size_bytes, progress: { entries_total: 0, entries_done: 0 }, counts: { accepted: 0, duplicate: 0, rejected: 0, ignored: 0, unlabelled: 0 }, failure: null, created_at: ago(0), finished_at: null, upload: { upload_id: "u", part_size_bytes: partSize, part_count: count, parts: [] } });
      return { ...item, upload: { ...item.upload, parts: Array.from({ length: Math.min(100, count) }, (_, index) => world.partUrl(id, index + 1)) } };
    },
    partUrl: (id, number) => ({ part_number: number, url: `${origin}/s3/${id}/${number}` }),
    storePart: (id, number, size) => parts.set(`${id}/${number}`, { part_number: number, etag: '"e"', size_bytes: size }),
    partsOf: (id) => [...parts].filter(([key]) => key.startsWith(`${id}/`)).map(([, part]) => part),
    runImport: (id) => {
      const item = world.imports.find((entry) => entry.import_id === id);
      const dataset = world.datasets.find((entry) => entry.dataset_id === item.dataset_id);
      Object.assign(item, { state: "importing", progress: { entries_total: 404, entries_done: 0 } });
      dataset.state = "importing";
      const timer = setInterval(() => {
        item.progress.entries_done = Math.min(404, item.progress.entries_done + 101);
        if (item.progress.entries_done === 404) {
          clearInterval(timer);
          Object.assign(item, { state: "finished", finished_at: ago(0), counts: { accepted: 200, duplicate: 2, rejected: 2, ignored: 0, unlabelled: 0 } });
          Object.assign(dataset, { state: "import_finished", sample_count: 200, labelled_count: 200 });
        }
        changed(`import/${id}`);
      }, 700);
      return item;
    },
    addExperiment: (body) => push(world.experiments, { experiment_id: newId(), description: "", ...body, created_at: ago(0) }),
    addRun: (experimentId, body) => {
      const epochs = Number(body.hyper_parameters.epochs ?? 20);
      const version = 1 + world.runs.filter((run) => run.experiment_id === experimentId).length;
      const run = push(world.runs, { run_id: newId(), experiment_id: experimentId, version_number: version, state: "queued", stage: null, labels: labelNames, snapshot_id: "3c1f".repeat(16), created_at: ago(0), started_at: null, finished_at: null, training_seconds: 0, progress: null, metrics: null, failure: null, cost_estimate: "16.80", evaluation_data: [], ...body, max_epochs: epochs });
      let epoch = -1;
      const timer = setInterval(() => {
        if (run.state === "stopped") return clearInterval(timer);
        epoch += 1;
        Object.assign(run, { state: "running", stage: "training", started_at: run.started_at ?? ago(0), progress: { epoch, epochs }, training_seconds: epoch * 2 });
        if (epoch >= epochs) {
          clearInterval(timer);
          Object.assign(run, { state: "succeeded", stage: null, finished_at: ago(0), metrics: { accuracy: 0.968, macro_f1: 0.966 } });
        }
        changed(`run/${run.run_id}`);
      }, 900);
      return run;
    },
    epochsOf: (run) => Array.from({ length: run.progress?.epoch ?? 0 }, (_, index) => ({ epoch: index + 1, epochs: run.max_epochs, train_loss: 2.2 * Math.exp(-index / 5) + 0.2, eval_loss: 2.3 * Math.exp(-index / 6) + 0.28, eval_accuracy: 0.98 - 0.85 * Math.exp(-index / 4), seconds: 4, at: ago(0) })),
    logsOf: (run, after) => {
      const lines = Array.from({ length: run.progress?.epoch ?? 0 }, (_, index) => ({ id: String(index + 1).padStart(6, "0"), at: ago(0), message: `epoch=${index + 1} train_loss=${(2.2 * Math.exp(-index / 5) + 0.2).toFixed(4)} eval_accuracy=${(0.98 - 0.85 * Math.exp(-index / 4)).toFixed(4)}` })).filter((line) => !after || line.id > after);
      return { items: lines, next_after: lines.at(-1)?.id ?? after };
    },
    addModel: (body) => push(world.models, { model_id: newId(), description: "", ...body, created_at: ago(0) }),
    addVersion: (modelId, runId) => push(world.versions, { model_id: modelId, version_number: 1 + world.versions.filter((item) => item.model_id === modelId).length, run_id: runId, state: "ready", task_type: "image_classification", network: "ResNet18_vd", labels: labelNames, metrics: { accuracy: 0.968, macro_f1: 0.966, macro_precision: 0.967, macro_recall: 0.965 }, recommended_threshold: 0.42, onnx: { max_abs_diff: 3.1e-6, tolerance: 0.001, opset: 17, sha256: "ab12".repeat(16) }, lineage: { snapshot_id: "3c1f".repeat(16), dataset_versions: [{ dataset_id: world.datasets[0].dataset_id, version_number: 1 }], code_digest: "sha256:77aa21", image_digest: "sha256:0c44d2", hyper_parameters: { epochs: "12", batch_size: "32", learning_rate: "0.001" } }, created_at: ago(0), size_bytes: 44_800_000 }),
    addService: (body) => world.start(push(world.services, { service_id: newId(), ...body, url: `${origin}/rpc/2.0/ai_custom_bml/v1/classification/${body.suffix}`, failure: null, price_per_hour: String(0.4 * body.compute_units * body.instances), created_at: ago(0), running_since: null })),
    start: (service) => {
      service.state = "deploying";
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

  const signs = Object.assign(world.addDataset("Sign digits"), { state: "import_finished", sample_count: 200, labelled_count: 200, created_at: ago(200) });
  push(world.imports, { import_id: newId(), dataset_id: signs.dataset_id, state: "finished", filename: "train.zip", size_bytes: 2_514_918, progress: { entries_total: 404, entries_done: 404 }, counts: { accepted: 200, duplicate: 2, rejected: 2, ignored: 1, unlabelled: 0 }, failure: null, created_at: ago(198), finished_at: ago(197) });
  push(world.imports, { import_id: newId(), dataset_id: signs.dataset_id, state: "failed", filename: "wrong.zip", size_bytes: 91_230, progress: { entries_total: 0, entries_done: 0 }, counts: { accepted: 0, duplicate: 0, rejected: 0, ignored: 0, unlabelled: 0 }, failure: { reason: "archive_format", message: "The archive holds another archive: nested.zip." }, created_at: ago(199), finished_at: ago(199) });
  const experiment = Object.assign(world.addExperiment({ name: "Recognise sign digits", direction: "vision", task_type: "image_classification" }), { created_at: ago(190) });
  const done = world.addRun(experiment.experiment_id, { training_data: [{ dataset_id: signs.dataset_id, version_number: 1 }], network: "ResNet18_vd", hyper_parameters: { epochs: "12", batch_size: "32", learning_rate: "0.001" }, machine_type: "GPU_P4", node_count: 1 });
  Object.assign(done, { state: "succeeded", progress: { epoch: 12, epochs: 12 } });
  const model = world.addModel({ name: "Sign digits", task_type: "image_classification" });
  world.addVersion(model.model_id, done.run_id);
  world.addService({ name: "Signs online", suffix: "signs", model_id: model.model_id, model_version: 1, machine_type: "SVC_CPU", compute_units: 1, instances: 2 });
  const item = (module, machine, type, name, billed, free, amount) => ({ module, machine, resource_type: type, resource_id: newId(), resource_name: name, billed_minutes: billed, free_minutes: free, amount });
  world.bill = { currency: "CNY", total: "3.92", items: [item("preset", "GPU_P4", "run", "Recognise sign digits V1", 14, 6, "3.92")], allowances: [{ module: "preset", machine: "GPU_P4", free_minutes: 6000, used_minutes: 412 }, { module: "online_service", machine: "SVC_CPU", free_minutes: 6000, used_minutes: 2240 }] };
  world.ledger = world.bill.items.map((entry) => ({ ...entry, usage_id: "run:1", recorded_at: ago(30) }));
  return world;
}
