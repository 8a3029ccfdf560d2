import createClient from "openapi-fetch";
import { OfflineError, SignedOutError, toApiError } from "./errors";
import { session, type SessionStore } from "./session";
import type { paths } from "./schema";
import type { Tokens } from "./types";

const REFRESH_EARLY_MS = 60_000;

type Fetch = (request: Request) => Promise<Response>;

async function reach(fetchRequest: Fetch, request: Request): Promise<Response> {
  try {
    return await fetchRequest(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new OfflineError(error);
  }
}

/**
 * Adds the bearer token, renews it shortly before it ends, and once more after a 401.
 * Calls that arrive during a renewal wait for the same one.
 */
export class AuthorizedFetch {
  private renewal: Promise<void> | null = null;

  constructor(
    private readonly store: SessionStore,
    private readonly fetchRequest: Fetch,
    private readonly now: () => number = Date.now,
  ) {}

  async send(request: Request): Promise<Response> {
    const current = this.store.get();
    if (!current) throw new SignedOutError();
    if (current.expiresAt - this.now() < REFRESH_EARLY_MS) await this.renew();
    const again = request.clone();
    const reply = await this.sendOnce(request);
    if (reply.status !== 401) return reply;
    await this.renew();
    const second = await this.sendOnce(again);
    if (second.status === 401) {
      this.store.signOut();
      throw new SignedOutError();
    }
    return second;
  }

  private sendOnce(request: Request): Promise<Response> {
    const current = this.store.get();
    if (!current) throw new SignedOutError();
    request.headers.set("Authorization", `Bearer ${current.idToken}`);
    return reach(this.fetchRequest, request);
  }

  private renew(): Promise<void> {
    this.renewal ??= this.requestTokens().finally(() => {
      this.renewal = null;
    });
    return this.renewal;
  }

  private async requestTokens(): Promise<void> {
    const current = this.store.get();
    if (!current) throw new SignedOutError();
    const reply = await reach(
      this.fetchRequest,
      new Request(new URL("/v1/identity/sessions/refresh", window.location.origin), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ refresh_token: current.refreshToken }),
      }),
    );
    if (reply.ok) {
      this.store.renew((await reply.json()) as Tokens, this.now());
      return;
    }
    if (reply.status >= 500 || reply.status === 429) throw toApiError(reply.status, await bodyOf(reply), reply.headers);
    this.store.signOut();
    throw new SignedOutError();
  }
}

async function bodyOf(reply: Response): Promise<unknown> {
  const text = await reply.text();
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return { message: text.slice(0, 300) };
    throw error;
  }
}

const plainFetch: Fetch = (request) => fetch(request);
const authorized = new AuthorizedFetch(session, plainFetch);
const baseUrl = window.location.origin;

/** Every route that needs a signed-in person. */
export const api = createClient<paths>({ baseUrl, fetch: (request) => authorized.send(request) });

/** The three public routes of sign-in. */
export const publicApi = createClient<paths>({ baseUrl, fetch: (request) => reach(plainFetch, request) });

interface ClientReply<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Returns the reply's body, or throws an `ApiError`. */
export async function reply<T>(call: Promise<ClientReply<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw toApiError(response.status, error, response.headers);
  return data as T;
}
