// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { AuthorizedFetch } from "./client";
import { ApiError, OfflineError, SignedOutError, toApiError } from "./errors";
import { SessionStore } from "./session";

const NOW = 1_000_000_000;
const HOUR_S = 3600;

function store(expiresIn = HOUR_S): SessionStore {
  const made = new SessionStore(window.localStorage);
  made.signIn("a@b.c", { id_token: "old", refresh_token: "r", access_token: "x", expires_in: expiresIn }, NOW);
  return made;
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const get = () => new Request("http://localhost/v1/identity/me");

describe("calls of a signed-in person", () => {
  beforeEach(() => {
    window.localStorage.clear();
  });

  it("renew the token once, however many calls wait", async () => {
    const session = store(30);
    let renewals = 0;
    const tokens: (string | null)[] = [];
    const caller = new AuthorizedFetch(
      session,
      (request) => {
        if (request.url.endsWith("/refresh")) {
          renewals += 1;
          return Promise.resolve(json({ id_token: "new", refresh_token: "r", access_token: "x", expires_in: HOUR_S }));
        }
        tokens.push(request.headers.get("Authorization"));
        return Promise.resolve(json({}));
      },
      () => NOW,
    );
    await Promise.all([caller.send(get()), caller.send(get()), caller.send(get())]);
    expect(renewals).toBe(1);
    expect(tokens).toEqual(["Bearer new", "Bearer new", "Bearer new"]);
    expect(session.get()?.refreshToken).toBe("r");
  });

  it("are repeated once with a new token after a 401", async () => {
    const answers = [json({}, 401), json({ id_token: "new", refresh_token: "r", access_token: "x", expires_in: HOUR_S }), json({ fine: true })];
    const caller = new AuthorizedFetch(store(), () => Promise.resolve(answers.shift() ?? json({}, 500)), () => NOW);
    expect((await caller.send(get())).status).toBe(200);
  });

  it("sign out when the renewal is refused, and keep the session when the platform fails", async () => {
    const refused = store(0);
    const first = new AuthorizedFetch(refused, () => Promise.resolve(json({}, 401)), () => NOW);
    await expect(first.send(get())).rejects.toBeInstanceOf(SignedOutError);
    expect(refused.get()).toBeNull();
    const failing = store(0);
    const second = new AuthorizedFetch(failing, () => Promise.resolve(json({}, 503)), () => NOW);
    await expect(second.send(get())).rejects.toBeInstanceOf(ApiError);
    expect(failing.get()).not.toBeNull();
  });

  it("tell a missing connection from an answer", async () => {
    const caller = new AuthorizedFetch(store(), () => Promise.reject(new TypeError("failed to fetch")), () => NOW);
    await expect(caller.send(get())).rejects.toBeInstanceOf(OfflineError);
  });
});

describe("problem replies", () => {
  it("keep code, message and request id", () => {
    const error = toApiError(403, { error: { code: "permission_denied", message: "no", details: {}, request_id: "abc" } }, new Headers());
    expect([error.code, error.requestId, error.isForbidden]).toEqual(["permission_denied", "abc", true]);
  });

  it("of a gateway become a code of their status", () => {
    const error = toApiError(504, { message: "Endpoint request timed out" }, new Headers({ "x-amzn-requestid": "r1" }));
    expect([error.code, error.message, error.requestId]).toEqual(["http_504", "Endpoint request timed out", "r1"]);
  });
});

describe("the stored session", () => {
  it("is ignored when it is damaged", () => {
    window.localStorage.setItem("openbml.session", '{"email":1');
    expect(new SessionStore(window.localStorage).get()).toBeNull();
    window.localStorage.setItem("openbml.session", '{"email":"a"}');
    expect(new SessionStore(window.localStorage).get()).toBeNull();
  });
});
