/** Online services for the mock API: states, two versions, policies, calls, figures, performance and snippets. */

const ALLOWED = { restart: ["stopped", "failed"], stop: ["deploying", "running", "updating", "sleeping", "waking"], edit: ["unconfigured"], change: ["running", "sleeping", "stopped", "failed"], add_version: ["running"], wake: ["sleeping"], delete: ["stopped", "failed", "unconfigured"] };
const actionsOf = (service) => ["details", ...Object.keys(ALLOWED).filter((action) => ALLOWED[action].includes(service.state) && !(action === "add_version" && service.challenger))];
const priceOf = (units, instances) => String(Math.round(units * instances * 40) / 100);
const minuteAt = (back) => new Date(Math.floor(Date.now() / 60_000 - back) * 60_000).toISOString();
const dayAt = (back) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);

export function addServices({ route, page, find, Problem, world, S }) {
  const project = "/v1/services/projects/{project}";
  const known = (path) => find(world.services, "service_id", path.service);
  const view = (service) => ({ ...service, actions: actionsOf(service), price_per_hour: service.compute_units === null ? "0" : priceOf(service.compute_units, service.instances) });
  const feedback = new Map();
  const measured = new Set(["ready"]);
  const rights = [{ app_id: 245_900_000_000_777, granted_at: minuteAt(90) }];
  const calls = Array.from({ length: 64 }, (_, index) => ({ log_id: String(1_390_582_998_516_105_216n - BigInt(index)), service_id: 0, app_id: 245_900_000_000_001, at: minuteAt(index), error_code: index % 9 === 4 ? 336_005 : null, duration_ms: 18 + (index % 13), role: index % 5 === 0 ? "challenger" : "main", model_version: index % 5 === 0 ? 2 : 1, waited_ms: index === 7 ? 1800 : 0, labels: index % 9 === 4 ? [] : [String(index % 5)], kept: index % 3 !== 2 }));
  const detail = (call) => ({ ...call, content: call.kept ? { content_type: "application/json", request: '{"image": "AAAA", "top_num": 6}', request_base64: null, answer: `{"log_id": ${call.log_id}, "results": [{"name": "5", "score": 0.9312}]}` } : null, content_url: null, feedback: feedback.get(call.log_id) ?? null });

  route("GET", `${project}/services`, ({ query }) => page(world.services.map(view), query));
  route("POST", S, ({ body }) => {
    if (world.services.some((service) => service.suffix === body.suffix)) throw new Problem(409, "suffix_taken", "The suffix is taken by another service.");
    return view(world.addService(body));
  });
  route("GET", `${S}/{service}`, ({ path }) => view(known(path)));
  route("PATCH", `${S}/{service}`, ({ path, body }) => {
    const service = Object.assign(known(path), body);
    return view(world.start(service, service.state === "unconfigured" ? "deploying" : "updating"));
  });
  route("DELETE", `${S}/{service}`, ({ path }) => {
    world.services = world.services.filter((item) => item.service_id !== Number(path.service));
  });
  route("POST", `${S}/{service}/stop`, ({ path }) => view(Object.assign(known(path), { state: "stopped", running_since: null, challenger: null })));
  route("POST", `${S}/{service}/restart`, ({ path }) => view(world.start(known(path))));
  route("POST", `${S}/{service}/wake`, ({ path }) => view(world.start(known(path), "waking")));
  route("POST", `${S}/{service}/challenger`, ({ path, body: { share, ...size } }) => {
    const service = known(path);
    service.challenger = { ...size, state: "running", failure: null, running_since: minuteAt(0), price_per_hour: priceOf(size.compute_units, size.instances) };
    service.traffic = { ...service.traffic, challenger_share: share };
    return view(service);
  });
  route("DELETE", `${S}/{service}/challenger`, ({ path }) => view(Object.assign(known(path), { challenger: null })));
  route("POST", `${S}/{service}/challenger/promote`, ({ path }) => {
    const service = known(path);
    return view(Object.assign(service, { model_version: service.challenger.model_version, challenger: null }));
  });
  route("PUT", `${S}/{service}/traffic`, ({ path, body }) => view(Object.assign(known(path), { traffic: body })));
  route("PUT", `${S}/{service}/recording`, ({ path, body }) => view(Object.assign(known(path), { recording: body })));
  route("PUT", `${S}/{service}/limits`, ({ path, body }) => view(Object.assign(known(path), { limits: body })));
  route("PUT", `${S}/{service}/sleep-policy`, ({ path, body }) => view(Object.assign(known(path), { sleep_policy: { state: body.starts_at && Date.parse(body.starts_at) > Date.now() ? "pending" : "active", ...body } })));
  route("DELETE", `${S}/{service}/sleep-policy`, ({ path }) => view(Object.assign(known(path), { sleep_policy: null })));
  route("GET", `${S}/{service}/call-rights`, () => ({ items: rights }));
  route("POST", `${S}/{service}/call-rights`, ({ body }) => {
    rights.push({ app_id: body.app_id, granted_at: minuteAt(0) });
    return rights.at(-1);
  });
  route("DELETE", `${S}/{service}/call-rights/{app}`, ({ path }) => {
    rights.splice(rights.findIndex((right) => right.app_id === Number(path.app)), 1);
  });
  route("GET", `${S}/{service}/snippets`, ({ path }) => {
    const { url } = known(path);
    const text = (name) => `# ${name}\nPOST ${url}?access_token=$TOKEN\n`;
    return { items: [["curl", "call.sh"], ["python", "call.py"], ["javascript", "call.mjs"], ["java", "Call.java"], ["php", "call.php"], ["cpp", "call.cpp"]].map(([language, file_name]) => ({ language, file_name, text: text(language) })) };
  });
  route("GET", `${S}/{service}/calls`, ({ query }) => {
    const fits = (call) => (query.get("failed") !== "true" || call.error_code !== null) && (!query.get("role") || call.role === query.get("role")) && (!query.get("label") || call.labels.includes(query.get("label"))) && (!query.get("error_code") || call.error_code === Number(query.get("error_code")));
    return page(calls.filter(fits), query);
  });
  route("GET", `${project}/calls/{log}`, ({ path }) => {
    const call = calls.find((item) => item.log_id === path.log);
    if (!call) throw new Problem(404, "call_not_found", "There is no such call.");
    return detail(call);
  });
  route("PUT", `${S}/{service}/calls/{log}/feedback`, ({ path, body }) => {
    feedback.set(path.log, { expected: [], ...body, given_at: minuteAt(0) });
    return feedback.get(path.log);
  });
  route("POST", `${S}/{service}/feedback-imports`, ({ body }) => ({ items: body.log_ids.map((log_id, index) => ({ log_id, outcome: index === 0 ? "added" : "existed", labelled: true })) }));
  route("GET", `${S}/{service}/metrics`, ({ path, query }) => {
    const roles = known(path).challenger ? ["main", "challenger"] : ["main"];
    const minutes = Array.from({ length: Number(query.get("minutes")) }, (_, back) => back);
    return { items: roles.flatMap((role, place) => minutes.map((back) => ({ at: minuteAt(back), role, calls: back % 17 === 3 ? 0 : Math.round(90 + 60 * Math.sin(back / 7)) / (place + 1), errors: back % 11 === 0 ? 2 : 0, p50_ms: 14 + place * 3 + Math.sin(back / 5), p95_ms: 30 + place * 4 + 3 * Math.sin(back / 4) }))) };
  });
  route("GET", `${S}/{service}/comparison`, () => ({ since: minuteAt(1440), until: minuteAt(0), roles: [{ role: "main", model_versions: [1], calls: 9120, errors: 31, error_rate: 0.0034, p50_ms: 14.2, p95_ms: 31, feedback: 210, correct: 190, accuracy: 0.905 }, { role: "challenger", model_versions: [2], calls: 1010, errors: 4, error_rate: 0.004, p50_ms: 9.8, p95_ms: 21, feedback: 40, correct: 38, accuracy: 0.95 }], tests: [{ measure: "error_rate", method: "", difference: 0.0006, p_value: 0.7, adjusted_p_value: 0.7, significant: false }, { measure: "latency", method: "", difference: -4.4, p_value: 1e-9, adjusted_p_value: 3e-9, significant: true }, { measure: "accuracy", method: "", difference: null, p_value: null, adjusted_p_value: null, significant: false }], verdict: "challenger_better" }));
  route("GET", `${S}/{service}/logs`, ({ query }) => page(Array.from({ length: 260 }, (_, index) => ({ id: String(index), at: minuteAt(index), instance: `i-${index % 2}`, text: index % 20 === 3 ? "warning: slow picture" : `GET /ping 200 ${index}` })), query));
  route("GET", `${project}/usage`, () => ({ items: Array.from({ length: 12 }, (_, back) => back).flatMap((back) => world.services.slice(0, 3).map((service, place) => ({ day: dayAt(back), service_id: service.service_id, app_id: 245_900_000_000_001, model_version: place === 2 ? null : 1, calls: 200 + back * 13 + place * 40, errors: back % 4, duration_ms: 4000 + back * 90 }))) }));
  route("GET", `${project}/performance`, ({ query }) => {
    if (!measured.has(`${query.get("model_id")}/${query.get("variant")}`) && query.get("variant") === "int8") return { state: "none", points: [], measured_at: null, machine: null, failure: null };
    const faster = query.get("variant") === "int8" ? 2.1 : 1;
    return { state: "ready", points: [1, 2, 4, 8, 16].map((units) => ({ compute_units: units, latency_ms: 42 / faster / units ** 0.7, qps: 23 * faster * units ** 0.9, measured: units <= 8 })), measured_at: minuteAt(3000), machine: "Intel Xeon Platinum 8259CL", failure: null };
  });
  route("POST", `${project}/performance`, ({ body }) => {
    measured.add(`${body.model_id}/${body.variant}`);
    return { state: "measuring", points: [] };
  });
}
