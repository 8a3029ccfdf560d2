/** The model repository for the mock API: sources, imports with checks, comparison, lineage, cards and exports. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCRIPT = `
import json
from openbml_catalog.frameworks import frameworks, import_rows
print(json.dumps({"frameworks": [row.model_dump() for row in frameworks().values()], "imports": [row.model_dump() for row in import_rows()]}))`;

const readImportCatalogue = () => JSON.parse(execFileSync(`${ROOT}.venv/bin/python`, ["-c", SCRIPT], { env: { ...process.env, PYTHONPATH: `${ROOT}layers/catalog` }, maxBuffer: 1 << 22 }));

const CARD = `# Signs V1

Reads **hand signs** of digits. <script>alert(1)</script> [no](javascript:alert(1))

| Figure | Value |
|---|---|
| accuracy | 0.968 |

- trained on 2,340 pictures
- not for medical use
`;

export function addModels({ route, page, find, Problem, world, M, origin }) {
  const catalogue = readImportCatalogue();
  const imports = [];
  const exported = new Map();
  const versionsOf = (id) => world.versions.filter((version) => version.model_id === id);
  const serviceOf = (id) => world.services.find((service) => service.model_id === id)?.service_id ?? null;
  const view = (model) => ({ ...model, version_count: versionsOf(model.model_id).length, service_id: serviceOf(model.model_id) });
  const versionView = (version) => ({ ...version, deployed: world.services.some((service) => service.model_id === version.model_id && service.model_version === version.version_number) });
  const known = (id) => find(world.models, "model_id", id);
  const version = (path) => find(versionsOf(Number(path.model)), "version_number", path.version);

  route("GET", M, ({ query }) => {
    const fits = (model) => (!query.get("task") || model.task_type === query.get("task")) && (!query.get("source") || model.source === query.get("source"));
    return page(world.models.filter(fits).map(view), query);
  });
  route("POST", M, ({ body }) => {
    if (world.models.some((model) => model.name === body.name)) throw new Problem(409, "model_name_taken", "The project has a model of this name.");
    return view(world.addModel(body));
  });
  route("GET", `${M}/{model}`, ({ path }) => view(known(path.model)));
  route("PATCH", `${M}/{model}`, ({ path, body }) => view(Object.assign(known(path.model), body)));
  route("DELETE", `${M}/{model}`, ({ path }) => {
    const model = known(path.model);
    if (serviceOf(model.model_id) !== null) throw new Problem(409, "model_in_use", "A service serves this model.");
    world.models = world.models.filter((item) => item !== model);
    return view(model);
  });
  route("GET", `${M}/{model}/versions`, ({ path, query }) => page(versionsOf(Number(path.model)).map(versionView), query));
  route("POST", `${M}/{model}/versions`, ({ path, body }) => world.addVersion(Number(path.model), body.run_id));
  route("GET", `${M}/{model}/versions/{version}`, ({ path }) => versionView(version(path)));
  route("DELETE", `${M}/{model}/versions/{version}`, ({ path }) => {
    const gone = version(path);
    world.versions = world.versions.filter((item) => item !== gone);
    return gone;
  });
  route("GET", "/v1/models/projects/{project}/import-catalog", () => catalogue);
  route("POST", `${M}/{model}/imports`, ({ path, body }) => {
    const id = world.newId();
    const uploads = (body.files ?? []).map((file, index) => ({ file: index, name: file.name, size_bytes: file.size_bytes, part_size_bytes: 64 << 20, part_count: 1, url: `${origin}/s3/${id}/${index}/1`, parts: [{ part_number: 1, url: `${origin}/s3/${id}/${index}/1` }] }));
    const made = { import_id: id, model_id: Number(path.model), framework: body.framework, state: "uploading", uploads, files: body.files ?? [], problems: [], version_number: null };
    imports.push(made);
    return made;
  });
  const imported = (path) => find(imports, "import_id", path.import);
  route("GET", `${M}/{model}/imports/{import}`, ({ path }) => imported(path));
  route("POST", `${M}/{model}/imports/{import}/check`, ({ path }) => {
    const item = imported(path);
    const bad = item.files.filter((file) => file.name.endsWith(".py") && file.size_bytes < 40);
    const problems = bad.map((file) => ({ file: file.name, code: "code_missing", message: "CustomException is missing" }));
    return Object.assign(item, { state: "checking", problems, uploads: [] });
  });
  route("POST", `${M}/{model}/imports/{import}/submit`, ({ path }) => {
    const item = imported(path);
    setTimeout(() => {
      const made = world.addVersion(item.model_id, null, { source: "local", framework: item.framework, network: "", contract: "framework", image: `custom-${item.framework}`, has_report: false, deployments: ["cloud"], metrics: {}, onnx: null, variants: [], labels: [], recommended_threshold: null, task_type: known(item.model_id).task_type });
      Object.assign(item, { state: "ready", version_number: made.version_number });
    }, 800);
    return Object.assign(item, { state: "submitted" });
  });
  route("DELETE", `${M}/{model}/imports/{import}`, ({ path }) => {
    imports.splice(imports.indexOf(imported(path)), 1);
  });
  route("GET", `${M}/{model}/comparison`, ({ path, query }) => {
    const numbers = query.get("versions").split(",").map(Number);
    const compared = numbers.map((number) => find(versionsOf(Number(path.model)), "version_number", number));
    const row = (group, name, valueOf) => {
      const values = compared.map((item) => valueOf(item) ?? null);
      return { group, name, values, differs: new Set(values).size > 1 };
    };
    return { versions: numbers, rows: [row("about", "network", (item) => item.network), ...["accuracy", "macro_f1"].map((name) => row("metric", name, (item) => item.metrics[name])), row("size", "size_bytes", (item) => item.size_bytes), row("latency", "fp32_ms", (item) => item.variants[0]?.latency_ms), ...["epochs", "learning_rate"].map((name) => row("hyper_parameter", name, (item) => item.lineage.hyper_parameters[name]))] };
  });
  route("GET", `${M}/{model}/versions/{version}/lineage`, ({ path }) => {
    const item = version(path);
    const services = world.services.filter((service) => service.model_id === item.model_id).map((service) => ({ by: "service", service_id: service.service_id }));
    return { version: item, run: item.run_id === null ? null : { run_id: item.run_id, name: "Recognise: Sign digits V1", experiment_id: 1 }, snapshot: item.lineage.snapshot_id, datasets: item.lineage.dataset_versions, hyper_parameters: item.lineage.hyper_parameters, code_digest: item.lineage.code_digest, image_digest: item.lineage.image_digest, content_digest: null, services };
  });
  route("GET", `${M}/{model}/versions/{version}/card`, () => ({ markdown: CARD }));
  route("POST", `${M}/{model}/versions/{version}/exports`, () => {
    const id = world.newId();
    exported.set(id, Date.now());
    return { export_id: id, state: "preparing", failure: null, url: null };
  });
  route("GET", `${M}/{model}/versions/{version}/exports/{export}`, ({ path }) => {
    const isReady = Date.now() - exported.get(Number(path.export)) > 1000;
    return { export_id: Number(path.export), state: isReady ? "ready" : "preparing", failure: null, url: isReady ? `${origin}/v1/metering/prices` : null };
  });
}
