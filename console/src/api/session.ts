import type { Tokens } from "./types";

/** What survives a reload: the tokens of the signed-in person. Kept in this browser only. */
export interface Session {
  readonly email: string;
  readonly idToken: string;
  readonly refreshToken: string;
  readonly expiresAt: number;
}

const STORAGE_KEY = "openbml.session";

type Listener = () => void;

function isSession(value: unknown): value is Session {
  if (typeof value !== "object" || value === null) return false;
  const candidate = value as Record<string, unknown>;
  return (
    typeof candidate.email === "string" &&
    typeof candidate.idToken === "string" &&
    typeof candidate.refreshToken === "string" &&
    typeof candidate.expiresAt === "number"
  );
}

function parseSession(text: string | null): Session | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isSession(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The session of this browser; other tabs follow through the storage event. */
export class SessionStore {
  private current: Session | null;
  private readonly listeners = new Set<Listener>();

  constructor(private readonly storage: Storage) {
    this.current = parseSession(storage.getItem(STORAGE_KEY));
  }

  get(): Session | null {
    return this.current;
  }

  signIn(email: string, tokens: Tokens, now = Date.now()): void {
    if (!tokens.refresh_token) throw new Error("the sign-in reply carries no refresh token");
    this.set({
      email,
      idToken: tokens.id_token,
      refreshToken: tokens.refresh_token,
      expiresAt: now + tokens.expires_in * 1000,
    });
  }

  /** A refresh answers the refresh token too, rotated or not. */
  renew(tokens: Tokens, now = Date.now()): void {
    if (!this.current) return;
    this.set({
      ...this.current,
      idToken: tokens.id_token,
      refreshToken: tokens.refresh_token,
      expiresAt: now + tokens.expires_in * 1000,
    });
  }

  signOut(): void {
    this.set(null);
  }

  /** Another tab changed the stored session. */
  adopt(text: string | null): void {
    this.current = parseSession(text);
    this.announce();
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private set(session: Session | null): void {
    this.current = session;
    if (session) this.storage.setItem(STORAGE_KEY, JSON.stringify(session));
    else this.storage.removeItem(STORAGE_KEY);
    this.announce();
  }

  private announce(): void {
    for (const listener of this.listeners) listener();
  }
}

export const session = new SessionStore(window.localStorage);

window.addEventListener("storage", (event) => {
  if (event.key === STORAGE_KEY || event.key === null) session.adopt(event.newValue);
});
