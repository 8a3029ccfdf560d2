/**
 * An API in memory for working on pages without a cloud: `npm run mock` beside `npm run dev`. Never shipped.
 * Any password signs in; `first@example.com` gets the new-password challenge.
 */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { addBatches } from "./mock-batch.mjs";
import { addDataRoutes } from "./mock-data-routes.mjs";
import { addModels } from "./mock-models.mjs";
import { answerOf } from "./mock-reports.mjs";
import { addServices } from "./mock-services.mjs";
import { addTabular, answerRows } from "./mock-tabular.mjs";
import { addTasks } from "./mock-tasks.mjs";
import { addTrainingRoutes } from "./mock-training.mjs";
import { addValidations } from "./mock-validations.mjs";
import { makeWorld } from "./mock-world.mjs";

const PORT = Number(process.env.MOCK_PORT ?? 9801);
const ORIGIN = `http://127.0.0.1:${PORT}`;
const world = makeWorld(ORIGIN);

const routes = [];
const route = (method, pattern, handler) =>
  routes.push({ method, pattern: new RegExp(`^${pattern.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`), handler });

class Problem extends Error {
  constructor(status, code, message, details = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}
const missing = () => new Problem(404, "not_found", "There is no such object in this project.");
const find = (list, key, id) => list.find((item) => item[key] === Number(id)) ?? (() => { throw missing(); })();

function page(items, query) {
  const limit = Number(query.get("limit") ?? 50);
  const start = Number(query.get("cursor") ?? 0);
  const next = start + limit;
  return { items: items.slice(start, next), next_cursor: next < items.length ? String(next) : null };
}

const tokens = () => ({ access_token: "a", id_token: "mock", refresh_token: "r", expires_in: 3600 });
const P = "/v1/datasets/projects/{project}/datasets";
const V = `${P}/{dataset}/versions/{version}`;
const T = "/v1/training/projects/{project}";
const M = "/v1/models/projects/{project}/models";
const S = "/v1/services/projects/{project}/services";

route("POST", "/v1/identity/sessions", ({ body }) => {
  if (body.password === "wrong") throw new Problem(401, "credentials_refused", "E-mail or password is wrong.");
  return body.email === "first@example.com" ? { challenge: "NEW_PASSWORD_REQUIRED", session: "s" } : tokens();
});
route("POST", "/v1/identity/sessions/password", tokens);
route("POST", "/v1/identity/sessions/refresh", tokens);
route("GET", "/v1/identity/me", () => world.me);
route("POST", "/v1/identity/projects", ({ body }) => {
  const project = { project_id: world.newId(), name: body.name, permissions: world.me.projects[0].permissions };
  world.me.projects.push(project);
  return project;
});
route("GET", "/v1/identity/applications", ({ query }) => page(world.applications, query));
route("POST", "/v1/identity/applications", ({ body }) => world.addApplication(body));
route("DELETE", "/v1/identity/applications/{app}", ({ path }) => {
  world.applications = world.applications.filter((item) => item.app_id !== Number(path.app));
});

addDataRoutes({ route, page, find, Problem, world, P, V });

route("GET", "/v1/training/catalog", () => world.catalog);
route("GET", `${T}/experiments`, ({ query }) => page(world.experiments, query));
route("POST", `${T}/experiments`, ({ body }) => world.addExperiment(body));
route("GET", `${T}/experiments/{experiment}`, ({ path }) => find(world.experiments, "experiment_id", path.experiment));
route("GET", `${T}/experiments/{experiment}/runs`, ({ path, query }) =>
  page(world.runs.filter((run) => run.experiment_id === Number(path.experiment)), query));
route("POST", `${T}/experiments/{experiment}/runs`, ({ path, body }) => world.addRun(Number(path.experiment), body));
route("GET", `${T}/runs/{run}`, ({ path }) => find(world.runs, "run_id", path.run));
route("POST", `${T}/runs/{run}/stop`, ({ path }) => Object.assign(find(world.runs, "run_id", path.run), { state: "stopped" }));
route("GET", `${T}/runs/{run}/metrics`, ({ path }) => ({ epochs: world.epochsOf(find(world.runs, "run_id", path.run)) }));
route("GET", `${T}/runs/{run}/logs`, ({ path, query }) => world.logsOf(find(world.runs, "run_id", path.run), query.get("after")));
addTrainingRoutes({ route, find, world, T });
addTabular({ route, find, Problem, world, T, M });

addModels({ route, page, find, Problem, world, M, origin: ORIGIN });
addServices({ route, page, find, Problem, world, S });
addBatches({ route, page, find, world, origin: ORIGIN });
addTasks({ route, world });
addValidations({ route, find, Problem, world });

route("GET", "/v1/metering/prices", () => world.prices);
route("GET", "/v1/metering/bill", ({ query }) => ({ ...world.bill, accruing: world.accruing(), month: query.get("month") }));
route("GET", "/v1/metering/ledger", ({ query }) => page(world.ledger, query));
route("POST", "/v1/live/tickets", () => ({ ticket: "t", url: `ws://127.0.0.1:${PORT}/live`, expires_in: 30 }));
route("POST", "/oauth/2.0/token", () => ({ access_token: "token", expires_in: 2592000 }));
route("POST", "/rpc/2.0/ai_custom_bml/v1/classification/{suffix}", () => world.prediction());
route("POST", "/rpc/2.0/ai_custom_bml/v1/tabular/{suffix}", ({ body }) => answerRows(body));
route("POST", "/rpc/2.0/ai_custom_bml/v1/{segment}/{suffix}", ({ path }) => answerOf(path.segment));
route("PUT", "/s3/{import}/{file}/{part}", ({ path, raw }) => {
  world.storePart(`${path.import}/${path.file}`, Number(path.part), raw.length);
});

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const url = new URL(request.url, ORIGIN);
    const cors = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "*", "Access-Control-Allow-Headers": "*", "Access-Control-Expose-Headers": "ETag", ETag: '"e"' };
    if (request.method === "OPTIONS") return response.writeHead(204, cors).end();
    const raw = Buffer.concat(chunks);
    const found = routes.find((entry) => entry.method === request.method && entry.pattern.test(url.pathname));
    try {
      if (!found) throw new Problem(404, "route_not_found", `There is no ${url.pathname} in this API.`);
      const json = request.headers["content-type"]?.includes("json") && raw.length > 0;
      const result = found.handler({ path: found.pattern.exec(url.pathname).groups ?? {}, query: url.searchParams, body: json ? JSON.parse(raw) : {}, raw });
      response.writeHead(200, { ...cors, "Content-Type": "application/json" }).end(typeof result === "string" ? result : JSON.stringify(result ?? {}));
    } catch (error) {
      const status = error.status ?? 500;
      const body = { error: { code: error.code ?? "internal_error", message: error.message, details: error.details ?? {}, request_id: "7f1c2a9e-0001" } };
      response.writeHead(status, { ...cors, "Content-Type": "application/json" }).end(JSON.stringify(body));
    }
  });
});

const sockets = new WebSocketServer({ server, path: "/live" });
sockets.on("connection", (socket) => {
  const topics = new Set();
  socket.on("message", (data) => JSON.parse(data).topics?.forEach((topic) => topics.add(topic)));
  const leave = world.onChange((topic) => topics.has(topic) && socket.send(JSON.stringify({ topic, type: "RunProgressed", detail: {} })));
  socket.on("close", leave);
});
server.listen(PORT, "127.0.0.1", () => console.log(`mock API on ${ORIGIN}`));
