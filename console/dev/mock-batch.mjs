/** Batch predictions and their schedules for the mock API. */

export function addBatches({ route, page, find, world, origin }) {
  const project = "/v1/services/projects/{project}";
  const batches = [];
  const schedules = [];
  const known = (path) => find(batches, "batch_id", path.batch);
  const now = () => new Date().toISOString();
  const run = (batch) => {
    Object.assign(batch, { state: "running", started_at: batch.started_at ?? now(), total: 40 });
    const timer = setInterval(() => {
      if (batch.state !== "running") return clearInterval(timer);
      batch.done = Math.min(40, batch.done + 5);
      Object.assign(batch, { share: batch.done / 40, failed_items: batch.done > 20 ? 2 : 0, minutes: 1 });
      if (batch.done === 40) Object.assign(batch, { state: "succeeded", ended_at: now() });
    }, 400);
    return batch;
  };
  const add = ({ output, ...body }) => {
    const batch = { batch_id: world.newId(), description: "", task_type: "image_classification", image: "serving", state: "queued", done: 0, total: null, share: 0, failed_items: 0, failure: null, created_at: now(), started_at: null, ended_at: null, minutes: 0, attempt: 1, schedule_id: null, price_per_minute: "0.025", output_uri: output?.uri ?? "s3://platform/predictions/7/", ...body };
    batches.unshift(batch);
    setTimeout(() => run(batch), 500);
    return batch;
  };
  route("GET", `${project}/batch-predictions`, ({ query }) => page(batches, query));
  route("POST", `${project}/batch-predictions`, ({ body }) => add(body));
  route("POST", `${project}/batch-uploads`, ({ body }) => ({ input_uri: "s3://platform/uploads/7/", uploads: body.files.map((file, index) => ({ name: file.name, url: `${origin}/s3/batch/${index}/1` })) }));
  route("GET", `${project}/batch-predictions/{batch}`, ({ path }) => known(path));
  route("GET", `${project}/batch-predictions/{batch}/output`, ({ path, query }) => page(known(path).state === "succeeded" ? [{ name: "predictions.jsonl", size_bytes: 8123, url: `${origin}/v1/metering/prices` }] : [], query));
  route("POST", `${project}/batch-predictions/{batch}/stop`, ({ path }) => Object.assign(known(path), { state: "stopped", ended_at: now() }));
  route("POST", `${project}/batch-predictions/{batch}/resume`, ({ path }) => run(known(path)));
  route("DELETE", `${project}/batch-predictions/{batch}`, ({ path }) => {
    batches.splice(batches.indexOf(known(path)), 1);
  });
  route("GET", `${project}/batch-schedules`, ({ query }) => page(schedules, query));
  route("POST", `${project}/batch-schedules`, ({ body }) => {
    const schedule = { schedule_id: world.newId(), created_at: now(), next_due_at: body.starts_at, last_batch_id: null, ...body };
    schedules.push(schedule);
    return schedule;
  });
  route("PATCH", `${project}/batch-schedules/{schedule}`, ({ path, body }) => Object.assign(find(schedules, "schedule_id", path.schedule), body));
  route("DELETE", `${project}/batch-schedules/{schedule}`, ({ path }) => {
    schedules.splice(schedules.indexOf(find(schedules, "schedule_id", path.schedule)), 1);
  });
}
