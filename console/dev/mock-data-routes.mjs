/** Routes of `/v1/datasets` for the mock API. */
import { mockQuality } from "./mock-quality.mjs";
import { readCatalogue, Samples } from "./mock-data.mjs";

export function addDataRoutes({ route, page, find, Problem, world, P, V }) {
  const catalogue = readCatalogue();
  const contents = new Map(); // dataset/version -> Samples
  const versions = new Map(); // dataset -> versions
  const jobs = [];
  const operations = [];
  const groups = [{ group_id: 1, name: "Animals", labels: [{ name: "cat", remark: "", colour: null }, { name: "owl", remark: "at night", colour: "#009e73" }], created_by: 1, created_at: new Date().toISOString() }];
  const dataset = (path) => find(world.datasets, "dataset_id", path.dataset);
  const kindOf = (row) => catalogue.kinds.items.find((kind) => kind.data_type === row.data_type && kind.annotation_type === row.annotation_type && kind.template === row.template);
  const samplesOf = (path) => {
    const key = `${path.dataset}/${path.version}`;
    const row = dataset(path);
    const known = contents.get(key);
    if (known && known.count >= row.sample_count) return known;
    const made = new Samples(kindOf(row), path.version === "1" ? row.sample_count : 0);
    contents.set(key, made);
    return made;
  };
  const versionsOf = (path) => {
    const row = dataset(path);
    if (!versions.has(row.dataset_id)) versions.set(row.dataset_id, [{ dataset_id: row.dataset_id, version_number: 1, version_id: null, description: "First delivery", revision: 3, active_import_id: null, failure: null, created_at: row.created_at, modified_at: row.created_at }]);
    return versions.get(row.dataset_id).map((version) => {
      const own = version.version_number === 1 ? row : { state: version.state ?? "empty", sample_count: version.count ?? 0, labelled_count: version.count ?? 0 };
      return { ...version, state: own.state, sample_count: own.sample_count, labelled_count: own.labelled_count, unlabelled_count: own.sample_count - own.labelled_count };
    });
  };
  const place = (path) => Number(path.sample) - 1000;
  const timed = (job, steps, end) => {
    let done = 0;
    const timer = setInterval(() => {
      if (job.state === "cancelled") return clearInterval(timer);
      done += 1;
      Object.assign(job, { state: "running", started_at: job.started_at ?? new Date().toISOString(), progress: { done: done * 100, total: steps * 100 } });
      if (done === steps) {
        clearInterval(timer);
        Object.assign(job, { state: "finished", finished_at: new Date().toISOString(), ...end() });
      }
    }, 500);
    return job;
  };
  const newJob = (path, kind, fields) => {
    const row = dataset(path);
    const job = { job_id: world.newId(), kind, dataset_id: row.dataset_id, version_number: Number(path.version), state: "queued", progress: { done: 0, total: 0 }, failure: null, created_by: 1, created_at: new Date().toISOString(), started_at: null, finished_at: null, ...fields };
    jobs.unshift(job);
    return job;
  };
  const jobsOf = (path, kind) => jobs.filter((job) => job.kind === kind && job.dataset_id === Number(path.dataset) && job.version_number === Number(path.version));

  route("GET", "/v1/datasets/kinds", () => catalogue.kinds);
  route("GET", P, ({ query, path }) => {
    if (path.project === "3") throw new Problem(403, "permission_denied", "You need the permission datasets.read in project 3.");
    const wanted = (name, row) => !query.get(name) || row[name] === query.get(name);
    return page(world.datasets.filter((row) => row.name.includes(query.get("name") ?? "") && wanted("data_type", row) && wanted("annotation_type", row)), query);
  });
  route("POST", P, ({ body }) => world.addDataset(body));
  route("GET", `${P}/{dataset}`, ({ path }) => dataset(path));
  route("PATCH", `${P}/{dataset}`, ({ path, body }) => Object.assign(dataset(path), body));
  route("DELETE", `${P}/{dataset}`, ({ path }) => {
    world.datasets = world.datasets.filter((row) => row.dataset_id !== Number(path.dataset));
  });
  route("GET", `${P}/{dataset}/operators`, ({ path }) => catalogue.operators[kindOf(dataset(path)).code]);
  route("GET", `${P}/{dataset}/versions`, ({ path }) => ({ items: versionsOf(path).reverse(), next_cursor: null }));
  route("POST", `${P}/{dataset}/versions`, ({ path, body }) => {
    const row = dataset(path);
    versionsOf(path);
    row.latest_version += 1;
    versions.get(row.dataset_id).push({ dataset_id: row.dataset_id, version_number: row.latest_version, version_id: null, description: body.description, revision: 1, active_import_id: null, failure: null, created_at: new Date().toISOString(), modified_at: null, count: body.source ? row.sample_count : 0, state: body.source ? "import_finished" : "empty" });
    return versionsOf(path).at(-1);
  });
  route("PATCH", V, ({ path, body }) => {
    versionsOf(path);
    Object.assign(versions.get(Number(path.dataset)).find((version) => version.version_number === Number(path.version)), body);
    return versionsOf(path).find((version) => version.version_number === Number(path.version));
  });
  route("DELETE", V, ({ path }) => {
    versionsOf(path);
    versions.set(Number(path.dataset), versions.get(Number(path.dataset)).filter((version) => version.version_number !== Number(path.version)));
    return {};
  });
  route("GET", `${V}/models`, ({ query }) => page([], query));

  route("GET", `${V}/imports`, ({ path, query }) => page(path.version === "1" ? world.imports.filter((item) => item.dataset_id === Number(path.dataset)) : [], query));
  route("POST", `${V}/imports`, ({ path, body }) => {
    const made = world.addImport(Number(path.dataset), body);
    return body.source ? world.runImport(made.import_id) : made;
  });
  route("GET", `${V}/imports/{import}`, ({ path }) => find(world.imports, "import_id", path.import));
  route("GET", `${V}/imports/{import}/parts`, ({ path, query }) => ({ items: world.partsOf(`${path.import}/${query.get("file")}`) }));
  route("POST", `${V}/imports/{import}/part-urls`, ({ path, body }) => ({ items: body.part_numbers.map((number) => world.partUrl(Number(path.import), body.file, number)) }));
  route("POST", `${V}/imports/{import}/complete`, ({ path }) => world.runImport(Number(path.import)));
  route("POST", `${V}/imports/{import}/cancel`, ({ path }) => Object.assign(find(world.imports, "import_id", path.import), { state: "cancelled" }));
  route("GET", `${V}/imports/{import}/problems`, ({ query }) => page(world.problems.filter((row) => !query.get("severity") || row.severity === query.get("severity")), query));
  route("GET", `${V}/imports/{import}/report`, ({ path }) => ({ import_id: Number(path.import), download_url: "data:text/csv,severity", counts: find(world.imports, "import_id", path.import).counts }));
  route("POST", "/v1/datasets/projects/{project}/table-previews", () => ({ dialect: { encoding: "utf-8", delimiter: ",", quote: '"', has_header: true }, raw_names: ["id", "Price (EUR)", "sold on"], names: ["id", "Price_EUR", "sold_on"], types: ["bigint", "double", "date"], values: [[1, 312000.5, "2026-02-01"], [2, null, "2026-02-03"], [3, 98000, "2026-02-09"]], problems: [] }));

  route("GET", `${V}/labels`, ({ path, query }) => {
    const rows = samplesOf(path).labels().filter((label) => label.name.includes(query.get("name") ?? ""));
    return page(rows.sort((left, right) => Number(right.pinned) - Number(left.pinned)), query);
  });
  route("POST", `${V}/labels`, ({ path, body }) => {
    const samples = samplesOf(path);
    if (samples.names.includes(body.name)) throw new Problem(409, "label_exists", `The version has a label ${body.name} already.`);
    samples.names.push(body.name);
    samples.remarks.set(body.name, body);
    return { sample_count: 0, object_count: 0, ...body };
  });
  route("PATCH", `${V}/labels/{label}`, ({ path, query, body }) => {
    const samples = samplesOf(path);
    const { name, ...rest } = body;
    samples.remarks.set(query.get("label"), { ...samples.remarks.get(query.get("label")), ...rest });
    return { label: samples.labels().find((label) => label.name === query.get("label")), operation: name ? startOperation(path, {}, { kind: "rename_label", label: query.get("label"), new_label: name }) : null };
  });
  route("DELETE", `${V}/labels/{label}`, ({ path, query }) => ({ label: samplesOf(path).labels()[0], operation: startOperation(path, {}, { kind: "delete_label", label: query.get("label") }) }));
  route("POST", `${V}/label-groups`, ({ path, body }) => {
    const samples = samplesOf(path);
    const created = groups.find((group) => group.group_id === body.group_id).labels.map((label) => label.name).filter((name) => !samples.names.includes(name));
    samples.names.push(...created);
    return { created };
  });
  route("GET", "/v1/datasets/projects/{project}/label-groups", ({ query }) => page(groups, query));
  route("POST", "/v1/datasets/projects/{project}/label-groups", ({ body }) => {
    groups.push({ group_id: world.newId(), ...body, created_by: 1, created_at: new Date().toISOString() });
    return groups.at(-1);
  });
  route("DELETE", "/v1/datasets/projects/{project}/label-groups/{group}", ({ path }) => {
    groups.splice(groups.findIndex((group) => group.group_id === Number(path.group)), 1);
  });

  route("GET", `${V}/samples`, ({ path, query }) => {
    const samples = samplesOf(path);
    const found = samples.find(query);
    const offset = Number(query.get("offset") ?? 0);
    const items = found.slice(offset, offset + Number(query.get("limit") ?? 50)).map((index) => ({ ...samples.view(index), annotation: samples.annotation(index) }));
    return { items, next_cursor: null, total: found.length };
  });
  const detail = (samples, index) => ({ ...samples.view(index), annotation: samples.annotation(index), image_url: samples.view(index).content_url });
  route("GET", `${V}/samples/{sample}`, ({ path }) => detail(samplesOf(path), place(path)));
  route("DELETE", `${V}/samples/{sample}`, ({ path }) => void samplesOf(path).gone.add(place(path)));
  const edit = (path, annotation, expected) => {
    const samples = samplesOf(path);
    if (expected !== null && samples.view(place(path)).annotation_revision !== expected) throw new Problem(409, "annotation_conflict", "The annotation was changed by somebody else since.");
    samples.edit(place(path), annotation);
    return { ...detail(samples, place(path)), remarks: [] };
  };
  route("PUT", `${V}/samples/{sample}/annotation`, ({ path, body }) => edit(path, body.annotation, body.expected_revision));
  route("POST", `${V}/samples/{sample}/annotation`, ({ path, body }) => {
    const now = samplesOf(path).annotation(place(path));
    return edit(path, { ...now, labels: [...new Set([...now.labels, ...body.annotation.labels])] }, null);
  });
  route("DELETE", `${V}/samples/{sample}/annotation`, ({ path, query }) => edit(path, { labels: [], regions: [], spans: [], tags: [] }, Number(query.get("expected_revision"))));
  const revisions = (samples, index) => [{ revision: 1, label_counts: new Samples(samples.kind, 1).view(index).label_counts, annotation_source: "imported", annotated_by: null, annotated_at: null }, ...(samples.changed.get(index) ?? []).map((change, number) => ({ revision: number + 2, label_counts: Object.fromEntries(change.annotation.labels.map((name) => [name, 1])), annotation_source: "human", annotated_by: 1, annotated_at: change.at }))];
  route("GET", `${V}/samples/{sample}/history`, ({ path, query }) => page(revisions(samplesOf(path), place(path)).reverse().map((row) => ({ sample_id: Number(path.sample), labelled: true, operation_id: null, ...row })), query));
  route("POST", `${V}/samples/{sample}/history/{revision}/restore`, ({ path, body }) => {
    const samples = samplesOf(path);
    const number = Number(path.revision);
    const earlier = number === 1 ? new Samples(samples.kind, 1).annotation(place(path)) : samples.changed.get(place(path))[number - 2].annotation;
    return edit(path, earlier, body.expected_revision);
  });
  function startOperation(path, filter, action) {
    const samples = samplesOf(path);
    const query = new globalThis.URLSearchParams(Object.entries(filter).filter(([, value]) => value !== null));
    const matched = samples.find(query);
    const operation = { operation_id: world.newId(), action, filter, state: "planning", matched: matched.length, changed: 0, chunk_count: 4, chunks_done: 0, failure: null, created_by: 1, created_at: new Date().toISOString(), finished_at: null };
    operations.push(operation);
    const timer = setInterval(() => {
      if (operation.state === "cancelled") return clearInterval(timer);
      Object.assign(operation, { state: "running", chunks_done: operation.chunks_done + 1, changed: Math.round((matched.length * (operation.chunks_done + 1)) / 4) });
      if (operation.chunks_done < 4) return;
      clearInterval(timer);
      operation.state = "finished";
      if (action.kind === "set_label") for (const index of matched.slice(0, 500)) samples.edit(index, { labels: [action.label], regions: [], spans: [], tags: [] });
    }, 600);
    return operation;
  }
  route("POST", `${V}/operations`, ({ path, body }) => startOperation(path, body.filter, body.action));
  route("GET", `${V}/operations/{operation}`, ({ path }) => find(operations, "operation_id", path.operation));
  route("POST", `${V}/operations/{operation}/cancel`, ({ path }) => Object.assign(find(operations, "operation_id", path.operation), { state: "cancelled" }));

  const COLUMNS = [["id", "bigint"], ["Price_EUR", "double"], ["sold_on", "date"], ["district", "string"], ["rooms", "smallint"]].map(([name, type]) => ({ name, raw_name: name, type }));
  route("GET", `${V}/schema`, ({ path }) => ({ columns: COLUMNS, rows: dataset(path).sample_count, size_bytes: 91_000, source_bytes: 220_000 }));
  route("GET", `${V}/rows`, ({ path, query }) => {
    const offset = Number(query.get("offset")), total = dataset(path).sample_count, limit = Math.min(Number(query.get("limit")), total - offset);
    const rows = Array.from({ length: Math.max(0, limit) }, (_, index) => [offset + index, index % 9 ? 90_000 + index * 1300.5 : null, "2026-02-11", ["North", "South"][index % 2], 1 + (index % 6)]);
    return { columns: COLUMNS, rows, offset, total, browsable: total, next_offset: offset + limit < total ? offset + limit : null };
  });

  const exportView = ({ job_id, ...job }) => ({ ...job, export_id: job_id });
  route("GET", `${V}/exports`, ({ path, query }) => page(jobsOf(path, "export").map(exportView), query));
  route("POST", `${V}/exports`, ({ path, body }) => {
    const job = newJob(path, "export", { format: body.format, labels: body.labels ?? null, annotation_state: body.annotation_state ?? null, storage_type: body.storage_type ?? "sysBos", storage_path: "s3://data/projects/1/exports/", sample_count: 0, size_bytes: null, size_MB: null, download_url: null });
    return exportView(timed(job, 5, () => ({ sample_count: dataset(path).sample_count, size_bytes: 4_812_331, size_MB: 4.59, download_url: "data:application/zip;base64,UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==" })));
  });
  route("POST", `${V}/exports/{job}/cancel`, ({ path }) => exportView(Object.assign(find(jobs, "job_id", path.job), { state: "cancelled" })));

  const reportView = ({ job_id, ...job }) => ({ ...job, report_id: job_id });
  route("GET", `${V}/quality-reports`, ({ path, query }) => page(jobsOf(path, "quality_report").map(reportView), query));
  route("POST", `${V}/quality-reports`, ({ path, body }) => {
    const job = newJob(path, "quality_report", { similar_distance: body.similar_distance, findings: null });
    return reportView(timed(job, 4, () => ({ findings: { info: 1, warning: 2, serious: 1 } })));
  });
  route("GET", `${V}/quality-reports/{job}/document`, ({ path }) => mockQuality(dataset(path), kindOf(dataset(path))));
  route("POST", `${V}/quality-reports/{job}/cancel`, ({ path }) => reportView(Object.assign(find(jobs, "job_id", path.job), { state: "cancelled" })));

  for (const [name, kind] of [["cleanings", "cleaning"], ["augmentations", "augmentation"]]) {
    route("GET", `${V}/${name}`, ({ path, query }) => page(jobsOf(path, kind), query));
    route("POST", `${V}/${name}`, ({ path, body }) => {
      const target = dataset(path).latest_version + 1;
      const job = newJob(path, kind, { target_version_number: target, settings: body, result: null });
      return timed(job, 5, () => ({ result: { format: "x", shards: 1, read: 2340, samples: 2301, unchanged: 2100, changed: 201, dropped: 39, copies: kind === "augmentation" ? 2340 : 0, operations: [], dropped_regions: {}, examples: [], problems: [], problem_counts: {} } }));
    });
    route("POST", `${V}/${name}/previews`, ({ path, body }) => {
      const samples = samplesOf(path);
      const side = (index, changed) => ({ texts: samples.view(index).texts.map((text) => (changed ? text.toUpperCase() : text)), annotation: samples.annotation(index), image_url: samples.view(index).content_url, width: samples.view(index).width, height: samples.view(index).height });
      return { items: body.sample_ids.map((id, number) => ({ sample_id: id, name: samples.view(id - 1000).name, before: side(id - 1000, false), after: number === 1 ? [] : Array.from({ length: kind === "augmentation" ? 3 : 1 }, () => side(id - 1000, true)), operations: [], dropped: number === 1 ? { operation: body.operations[0].code, reason: "too_dark", message: "Mean brightness 31 is below 40." } : null })) };
    });
    route("POST", `${V}/${name}/{job}/cancel`, ({ path }) => Object.assign(find(jobs, "job_id", path.job), { state: "cancelled" }));
  }
}
