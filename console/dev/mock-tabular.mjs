/** Tables for the mock API: their columns, runs with a leaderboard that grows, reports of every kind, and answers of a service. */
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const TABULAR = "tabular_prediction";

const report = (name) => JSON.parse(readFileSync(`${ROOT}tests/fakes/tabular_reports/${name}.json`, "utf8"));
const PRODUCTS = ["Fixed-term deposit with automatic renewal at maturity", "Current account", "Mortgage"];
const said = (code, message_en, message_zh) => ({ code, message_en, message_zh });
const column = (name, kind, type, more = {}) => ({ name, kind, type, because: null, missing_share: 0, distinct: 40, examples: [], minimum: null, maximum: null, warnings: [], ...more });

const CHURN = [
  column("customer_id", "ignored", "bigint", { because: "identifier", distinct: 5200, examples: ["100001", "100002", "100003"], warnings: [said("identifier", "customer_id looks like an identifier: nearly every row has a value of its own, from which no model learns; it is left out.", "customer_id疑似标识列：几乎每行取值都不同，模型无法学习，训练时不使用。")] }),
  column("age", "number", "bigint", { minimum: "18", maximum: "92", distinct: 75, examples: ["34", "41", "29"] }),
  column("balance", "number", "double", { minimum: "-812.5", maximum: "98127.33", missing_share: 0.031, distinct: 4810, examples: ["0", "1200.5"] }),
  column("city", "category", "string", { distinct: 12, examples: ["Shanghai", "Beijing", "Shenzhen", "Chengdu", "Hangzhou"] }),
  column("product_with_the_longest_name_of_all_columns_in_this_table", "category", "string", { distinct: 3, examples: PRODUCTS }),
  column("opened_on", "date", "string", { distinct: 2100, missing_share: 0.004, minimum: "2009-03-01", maximum: "2026-05-30", examples: ["2019-04-01", "2020-11-17"], warnings: [said("time_column", "opened_on rises with the rows: choose it as the time column if later rows are to be predicted from earlier ones.", "opened_on随行递增：若需用早期数据预测后期数据，请设为时间列。")] }),
  column("last_call", "text", "string", { distinct: 4100, missing_share: 0.62, examples: ["asked about the fees of foreign transfers and wants to be called back", "客户咨询跨境汇款手续费并要求回电"] }),
  column("old_score", "number", "double", { missing_share: 0.991, distinct: 40, minimum: "0", maximum: "1", warnings: [said("nearly_all_missing", "old_score is missing in 99.1 % of the rows.", "old_score有99.1%的缺失。")] }),
  column("branch", "ignored", "string", { because: "constant", distinct: 1, examples: ["main"], warnings: [said("constant", "branch has one value only; it is left out.", "branch仅有一个取值，训练时不使用。")] }),
  column("income", "number", "string", { distinct: 900, minimum: "0", maximum: "88000", examples: ["1.200,50", "980,00"], warnings: [said("decimal_comma", "income writes decimals with a comma; they are read as numbers.", "income使用小数逗号，将按数值读取。"), said("mixed_types", "income mixes types: 12 texts among numbers count as missing.", "income同一列混有不同类型：12个文本按缺失处理。")] }),
  column("weight", "number", "double", { distinct: 8, minimum: "0.5", maximum: "4" }),
  column("churn", "category", "boolean", { distinct: 2, examples: ["no", "yes"] }),
];
const WIDE = Array.from({ length: 1000 }, (_, index) => column(index === 999 ? "target" : `sensor_${String(index).padStart(4, "0")}`, "number", "double", { distinct: 900 + index, minimum: "0", maximum: String(10 + index), missing_share: (index % 17) / 40, warnings: index % 50 === 7 ? [said("constant", `sensor_${index} has one value only; it is left out.`, `sensor_${index}仅有一个取值。`)] : [] }));

function targetOf(columns, name) {
  const found = columns.find((entry) => entry.name === name);
  if (!found) return null;
  const base = { name, rows: 5200, classes: [], problems: [] };
  if (found.distinct < 2) return { ...base, algorithm_type: "binary", reason_en: `${name} has a single value.`, reason_zh: `${name}只有一个取值。`, problems: [{ ...said("constant_target", `Every row of the target ${name} has the same value, so there is nothing to predict; choose another column.`, `目标列${name}所有行取值相同，无可预测内容，请选择其他列。`), refuses: true }] };
  if (found.distinct === 2) return { ...base, algorithm_type: "binary", reason_en: `${name} has two different values: a binary classification.`, reason_zh: `${name}有两个不同取值：二分类。`, classes: [{ label: "no", count: 4368 }, { label: "yes", count: 832 }], problems: [{ ...said("imbalance", `The most frequent class of the target ${name} has 5 times the rows of the rarest; look at each class's figures.`, `目标列${name}最多类别的行数是最少类别的5倍，请关注各类别指标。`), refuses: false }] };
  if (found.kind === "number") return { ...base, algorithm_type: "regression", reason_en: `${name} holds numbers of ${found.distinct} different values: a regression.`, reason_zh: `${name}为数值列，有${found.distinct}个不同取值：回归。` };
  return { ...base, algorithm_type: "multiclass", reason_en: `${name} has ${found.distinct} different values: a multi-class classification.`, reason_zh: `${name}有${found.distinct}个不同取值：多分类。`, classes: Array.from({ length: Math.min(12, found.distinct) }, (_, index) => ({ label: found.examples[index] ?? `class ${index}`, count: 900 - index * 60 })) };
}

function kindOf(run) {
  const { target, objective } = run.tabular;
  if (objective === "quantile") return "quantile";
  const found = targetOf(CHURN, target);
  return ["price", "target"].includes(target) ? "regression" : (found?.algorithm_type ?? "binary");
}

const reports = new Map();
export function tabularReportOf(run) {
  const kind = kindOf(run);
  if (!reports.has(kind)) reports.set(kind, report(kind));
  return reports.get(kind);
}

const MODELS = [["CatBoost", "CAT"], ["LightGBM", "LGBM"], ["XGBoost", "XGB"], ["Random forest", "RF"], ["Extremely randomised trees", "XT"], ["Small neural network", "MLP"], ["Linear regression", "LR"], ["k nearest neighbours", "KNN"]];

function leaderboardOf(run) {
  const done = run.progress?.epoch ?? 0;
  const trained = MODELS.slice(0, Math.min(MODELS.length, done)).map(([name, model], index) => ({ name: `${name} ${1 + (index % 2)}`, model, score: index === 6 ? null : -0.31 - index * 0.013, weight: index < 3 ? [0.5, 0.3, 0.2][index] : null, fit_s: 4 + index * 7.5, state: index === 6 ? "failed" : "done" }));
  const ensemble = done > 3 ? [{ name: "Ensemble of the best models of both levels", model: "Ensemble", score: -0.302, weight: 1, fit_s: 1.4, state: "done" }] : [];
  return { entries: [...ensemble, ...trained], at: done > 0 ? new Date().toISOString() : "" };
}

const SCRIPT = `
import sys
from openbml.training.tabular_catalog import tabular_script
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay
print(tabular_script(sys.argv[1], AlgorithmType(sys.argv[2]), TrainingWay(sys.argv[3])).script)`;

export function tabularScript(query) {
  const path = ["platform", "catalog", "formats"].map((layer) => `${ROOT}layers/${layer}`).join(":");
  const wanted = [query.get("network"), query.get("algorithm_type"), query.get("training_way") ?? "single"];
  return execFileSync(`${ROOT}.venv/bin/python`, ["-c", SCRIPT, ...wanted], { env: { ...process.env, PYTHONPATH: path } }).toString();
}

const feature = (name, kind, more = {}) => ({ name, kind, required: true, example: null, choices: [], ...more });
const FEATURES = [
  feature("age", "number", { example: 34, minimum: 18, maximum: 92 }),
  feature("balance", "number", { example: 1200.5, minimum: -812.5, maximum: 98127.33 }),
  feature("city", "category", { example: "Shanghai", choices: ["Shanghai", "Beijing", "Shenzhen", "Chengdu", "Hangzhou"] }),
  feature("product_with_the_longest_name_of_all_columns_in_this_table", "category", { example: PRODUCTS[0], choices: PRODUCTS }),
  feature("opened_on", "date", { example: "2019-04-01" }),
  feature("last_call", "text", { example: "asked about fees" }),
  feature("income", "number", { example: 1200 }),
];
export const TABLE = { kind: "binary", target: "churn", positive_label: "yes", quantiles: [], columns: FEATURES };

function answerTo(row, explain) {
  const parts = FEATURES.map(({ name, example }) => {
    const value = row[name] ?? null;
    const size = typeof value === "number" && typeof example === "number" ? (value - example) / 400 : value === example ? 0.004 : -0.11;
    return { feature: name, value, contribution: Math.max(-0.3, Math.min(0.3, size)) };
  });
  const yes = Math.max(0.01, Math.min(0.99, 0.24 + parts.reduce((sum, part) => sum + part.contribution, 0)));
  const base = { label: yes >= 0.35 ? "yes" : "no", scores: { no: 1 - yes, yes } };
  return explain ? { ...base, explanation: { base: 0.24, contributions: parts } } : base;
}

/** What the public API answers for rows; a row that lacks a feature is refused with its name. */
export function answerRows({ data, explain }) {
  for (const [index, row] of data.entries()) {
    const wrong = FEATURES.find(({ name, kind }) => !(name in row) || (kind === "number" && typeof row[name] === "string"));
    if (wrong) return `{"log_id": 1390582998516105216, "error_code": 336001, "error_msg": "Invalid Argument: row ${index + 1}: ${wrong.name}: must be a number"}`;
  }
  return JSON.stringify({ log_id: 0, batch_results: data.map((row) => answerTo(row, explain)) }).replace('"log_id":0', '"log_id":1390582998516105216');
}

function apiReference(version) {
  const field = (name, type, text_en, text_zh, required = false) => ({ name, type, required, default: required ? null : "false", text_en, text_zh });
  const features = version.table?.columns ?? [];
  return {
    method: "POST",
    path: `/rpc/2.0/ai_custom_bml/v1/${version.table ? "tabular" : "classification"}/{suffix}`,
    content_type: "application/json",
    query: [field("access_token", "string", "Of an application that may call the service.", "有权调用该服务的应用的access_token。", true)],
    request: [field("data", "array(object)", "1 to 1,000 rows; each is an object of feature name and value.", "1至1000行，每行为特征名到值的对象。", true), field("include_req", "boolean", "Repeat each row in its answer.", "是否在结果中返回输入行。"), field("explain", "boolean", "Say how much each feature moved the answer.", "是否返回各特征的贡献。")],
    features,
    response: [field("log_id", "integer", "Id of the call, for troubleshooting.", "请求标识，用于定位问题。", true), field("batch_results[].label", "string", "The class that is predicted.", "预测的类别。"), field("batch_results[].scores", "object", "The probability of every class.", "各类别的概率。")],
    errors: [{ code: 336001, message: "Invalid Argument", text_en: "A field is of another type, out of range, or missing; error_msg names it where it can.", text_zh: "参数类型、取值有误或缺失，error_msg会指出字段。" }],
    example_request: { data: [Object.fromEntries(features.map((entry) => [entry.name, entry.example]))], include_req: false },
    example_response: { log_id: 2471272194, batch_results: [{ label: "no", scores: { no: 0.8, yes: 0.2 } }] },
  };
}

/** Experiments, finished runs, a model and a service of tables, beside the routes that only tables have. */
export function addTabular({ route, find, Problem, world, T, M }) {
  const churn = world.datasets.find((entry) => entry.name === "Customer churn");
  const wide = world.datasets.find((entry) => entry.name.startsWith("Sensors"));
  const start = (name, target, more = {}) => {
    const experiment = Object.assign(world.addExperiment({ name, direction: "tabular", task_type: TABULAR }), { created_at: new Date(Date.now() - 6e6).toISOString() });
    return [1, 2].map((version) =>
      world.addRun(experiment.experiment_id, { training_data: [{ dataset_id: churn.dataset_id, version_number: 1, labels: null }], tabular: { mode: version === 1 ? "automl" : "expert", target, ...more }, ...(version === 2 ? { network: "LGBM" } : {}), machine_type: "CPU_4", node_count: 1, max_training_minutes: 30 }),
    ).at(0);
  };
  const runs = { quantile: start("Ranges of prices", "price", { objective: "quantile", quantiles: [0.1, 0.5, 0.9] }), regression: start("Prices of flats", "price"), multiclass: start("Cities", "city"), binary: start("Churn of customers", "churn") };
  const model = world.addModel({ name: "Churn of customers", task_type: TABULAR });
  world.addVersion(model.model_id, runs.binary.run_id, { task_type: TABULAR, network: "AutoML", labels: ["no", "yes"], metrics: { roc_auc: 0.9003, log_loss: 0.3554, accuracy: 0.8545 }, recommended_threshold: 0.35, variants: [], table: TABLE });
  world.addService({ name: "Churn online", suffix: "churn", model_id: model.model_id, model_version: 1, machine_type: "SVC_CPU", compute_units: 1, instances: 2, task_type: TABULAR, segment: "tabular" });

  route("GET", `${T}/table-columns`, ({ query }) => {
    const isWide = wide && Number(query.get("dataset_id")) === wide.dataset_id;
    const columns = isWide ? WIDE : CHURN;
    return { rows: isWide ? 120_000 : 5_200, rows_seen: isWide ? 200 : 5_200, columns, target: targetOf(columns, query.get("target")) };
  });
  route("GET", `${T}/runs/{run}/leaderboard`, ({ path }) => leaderboardOf(find(world.runs, "run_id", path.run)));
  route("GET", `${M}/{model}/versions/{version}/api-reference`, ({ path }) => apiReference(find(world.versions.filter((item) => item.model_id === Number(path.model)), "version_number", path.version)));
  world.refuseRun = (body) => {
    if (body.tabular?.costs?.false_positive > 1000) throw new Problem(400, "invalid_request", "costs.false_positive is wrong.", { field: "tabular.costs.false_positive", reason: "must be at most 1000" });
    if (body.hyper_parameter_source?.script?.includes("unknown_name")) throw new Problem(400, "invalid_request", "The script is wrong.", { field: "hyper_parameter_source.script", reason: "hp_space: unknown_name is none of this model's; line 12" });
  };
}
