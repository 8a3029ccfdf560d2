/** Training of all vision tasks for the mock API: the catalogue as the platform has it, reports, live samples and searches. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TABULAR, tabularReportOf, tabularScript } from "./mock-tabular.mjs";
import { reportOf, sampleOf, scene } from "./mock-reports.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCRIPT = `
from openbml.training.training_catalog import training_catalog
print(training_catalog().model_dump_json())`;

/** As the platform has it. */
export function readTrainingCatalogue() {
  const path = ["platform", "catalog", "formats"].map((layer) => `${ROOT}layers/${layer}`).join(":");
  return JSON.parse(execFileSync(`${ROOT}.venv/bin/python`, ["-c", SCRIPT], { env: { ...process.env, PYTHONPATH: path }, maxBuffer: 1 << 24 }));
}

export const TASKS = {
  image_classification: { labels: ["0", "1", "2", "3", "4"], quality: "eval_accuracy", network: "ResNet18_vd" },
  image_classification_multi_label: { labels: ["boat", "harbour", "person", "sky"], quality: "eval_map", network: "ResNet18_vd" },
  object_detection: { labels: ["car", "person", "sign"], quality: "eval_map50", network: "Faster_R-CNN-ResNet50-FPN" },
  instance_segmentation: { labels: ["cell", "nucleus"], quality: "eval_map50", network: "Mask_RCNN-ResNet50-FPN" },
  tabular_prediction: { labels: [], quality: "eval_roc_auc", network: "AutoML" },
  semantic_segmentation: { labels: ["road", "water"], quality: "eval_miou", network: "SegFormer-B0" },
};

const wave = (number) => Math.abs(Math.sin(number * 12.9898) * 43758.5453) % 1;

function trialsOf(search) {
  const evolutionary = search.strategy === "evolutionary";
  return Array.from({ length: search.done }, (_, index) => {
    const number = index + 1;
    const running = search.state === "running" && number > search.done - 2;
    const failed = !running && number % 11 === 5;
    const rate = 10 ** (-4 + 3 * wave(number));
    const decay = 0.2 * wave(number + 0.5);
    const quality = failed ? null : Math.min(0.97, 0.55 + 0.3 * (1 - Math.abs(Math.log10(rate) + 2.5) / 2) + 0.1 * wave(number + 0.25) + number / 1000);
    return {
      number,
      state: running ? "running" : failed ? "failed" : "succeeded",
      parameters: { learning_rate: Number(rate.toPrecision(4)), weight_decay: Number(decay.toPrecision(3)), batch_size: [8, 16, 32][number % 3], label_smoothing: number % 2 === 0 },
      quality: running ? (number % 2 ? quality : null) : quality,
      epochs_done: running ? 3 : 10,
      started_at: new Date(Date.now() - (search.done - index) * 60_000).toISOString(),
      finished_at: running ? null : new Date(Date.now() - (search.done - index) * 40_000).toISOString(),
      failure: failed ? { fault: "user", message: "out of memory: the batch does not fit" } : null,
      generation: null,
      parent: null,
      proposed_at: new Date().toISOString(),
      ...(evolutionary ? { generation: Math.floor(index / 8) + 1, parent: index < 8 ? null : 1 + Math.floor(wave(number) * 8) + (Math.floor(index / 8) - 1) * 8 } : {}),
    };
  });
}

const best = (trials) => trials.reduce((found, trial) => (trial.quality !== null && trial.quality > (found?.quality ?? -1) ? trial : found), null);
const view = (search) => {
  const trials = trialsOf(search);
  const found = best(trials);
  const rest = Object.fromEntries(Object.entries(search).filter(([name]) => name !== "done"));
  return { ...rest, name: "Recognise V2", quality: "eval_accuracy", weights_family: "public", started_at: rest.created_at, trials_ended: search.done, trials_running: 0, best_trial: found ? { number: found.number, parameters: found.parameters, quality: found.quality } : null };
};

export function addTrainingRoutes({ route, find, world, T }) {
  const searches = [];
  const addSearch = (fields) => {
    const search = { search_id: world.newId(), state: "running", strategy: "bayesian", network: "ResNet18_vd", config: { strategy: "bayesian", max_trials: 100, sampling_percent: 50, target: 0.96 }, trials_total: 100, failure: null, created_at: new Date().toISOString(), finished_at: null, done: 0, ...fields };
    searches.unshift(search);
    return search;
  };
  world.afterRun = (run, body) => {
    if (body.hyper_parameter_source?.kind !== "search") return;
    const config = body.hyper_parameter_source.search;
    const search = addSearch({ run_id: run.run_id, experiment_id: run.experiment_id, network: body.network, strategy: config.strategy, config, trials_total: config.max_trials ?? 10 });
    Object.assign(run, { search_id: search.search_id, stage: "searching" });
  };
  setInterval(() => {
    for (const search of searches) {
      if (search.state !== "running") continue;
      search.done = Math.min(search.trials_total, search.done + 1);
      if (search.done === search.trials_total) Object.assign(search, { state: "finished", finished_at: new Date().toISOString() });
      world.changed(`search/${search.search_id}`);
    }
  }, 2000).unref();
  for (const [index, experiment] of world.experiments.entries()) {
    const run = world.runs.find((row) => row.experiment_id === experiment.experiment_id);
    if (!run) continue;
    addSearch({ run_id: run.run_id, experiment_id: experiment.experiment_id, network: run.network, done: [100, 100, 37, 0, 12][index % 5], state: ["finished", "finished", "running", "failed", "running"][index % 5], strategy: index % 5 === 4 ? "evolutionary" : "bayesian", ...(index % 5 === 3 ? { failure: { message: "All trials failed: the data cannot be read." } } : {}) });
    run.search_id = searches[0].search_id;
  }
  const search = (path) => find(searches, "search_id", path.search);
  route("GET", `${T}/searches`, ({ query }) => ({ items: searches.filter((row) => (!query.get("network") || row.network === query.get("network")) && (query.get("network") ? row.state === "finished" : true) && (!query.get("experiment_id") || row.experiment_id === Number(query.get("experiment_id")))).map(view) }));
  route("GET", `${T}/searches/{search}`, ({ path }) => view(search(path)));
  route("GET", `${T}/searches/{search}/trials`, ({ path }) => ({ items: trialsOf(search(path)) }));
  route("GET", `${T}/searches/{search}/importance`, ({ path }) => ({ trials: search(path).done, parameters: search(path).done < 4 ? [] : [["learning_rate", "Learning rate", "学习率", 0.62], ["weight_decay", "Weight decay", "权重衰减", 0.21], ["batch_size", "Batch size", "批大小", 0.12], ["label_smoothing", "Label smoothing", "标签平滑", 0.05]].map(([name, label_en, label_zh, importance]) => ({ name, label_en, label_zh, importance })) }));
  const runOf = (path) => find(world.runs, "run_id", path.run);
  route("GET", `${T}/runs/{run}/report`, ({ path }) => (runOf(path).task_type === TABULAR ? tabularReportOf(runOf(path)) : reportOf(runOf(path).task_type)));
  route("GET", `${T}/runs/{run}/report/download`, () => ({ download_url: "data:text/html,<h1>report</h1>" }));
  route("GET", `${T}/runs/{run}/samples`, ({ path }) => ({ epoch: runOf(path).progress?.epoch ?? null, items: runOf(path).task_type !== TABULAR && (runOf(path).progress?.epoch ?? 0) > 0 ? [0, 1, 2, 3].map((place) => sampleOf(runOf(path).task_type, place)) : [] }));
  route("GET", `${T}/experiments/{experiment}/comparison`, ({ query }) => {
    const runs = query.get("run_ids").split(",").map((id) => find(world.runs, "run_id", id));
    const figures = Object.keys((runs[0].task_type === TABULAR ? tabularReportOf(runs[0]) : reportOf(runs[0].task_type)).overall);
    return { figures, runs: runs.map((run, index) => ({ run_id: run.run_id, version_number: run.version_number, network: run.network, state: run.state, remark: "", recommended_threshold: 0.4, training_seconds: 120, labels: run.labels, hyper_parameters: run.hyper_parameters, figures: Object.fromEntries(figures.map((name, place) => [name, 0.6 + 0.3 * wave(index * 7 + place)])) })) };
  });
  route("POST", `${T}/augmentation-preview`, ({ body }) => {
    const picture = (place) => ({ image_url: scene(place * 40), width: 320, height: 240, annotation: { labels: [], regions: [], spans: [], tags: [] }, operators: (body.augmentation.operators ?? []).slice(0, place).map(({ name }) => ({ name, magnitude: 1 })) });
    return { original: picture(0), pictures: Array.from({ length: body.count }, (_, index) => picture(index + 1)) };
  });
  route("GET", "/v1/training/preset-script", ({ query }) => ({ script: query.get("task_type") === TABULAR ? tabularScript(query) : `"""${query.get("network")}: edit conf and create_model, nothing else is read."""\n\nconf = {\n    "epochs": 20,  # int, 1-500\n    "weights_family": "public",  # one of public, very_large_scale\n}\n\n\ndef create_model(backbone, class_count):\n    ...\n    return {"loss": loss, "infer_out": out}\n` }));
}
