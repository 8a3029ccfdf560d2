/** Calls of the public prediction API, as any program of a user makes them (spec 08 sections 3, 4 and 9). */

export interface PredictionResult {
  readonly name: string;
  readonly score: number;
  /** `[x1, y1, x2, y2]` in pixels of the picture. */
  readonly box?: readonly number[];
  /** COCO's compressed run lengths, of the picture's size. */
  readonly mask?: string;
}

/** What a request may ask for beside the picture; which of them a service takes depends on its task. */
export interface Wishes {
  readonly top_num?: number;
  readonly threshold?: number;
}

export interface Prediction {
  readonly logId: string;
  readonly results: readonly PredictionResult[];
  readonly tookMs: number;
}

/** What a service of any task answered. */
export interface Answer {
  readonly logId: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly tookMs: number;
}

export interface Keys {
  readonly apiKey: string;
  readonly secretKey: string;
}

export class PredictionError extends Error {
  constructor(
    readonly errorCode: number,
    message: string,
    readonly logId: string,
  ) {
    super(message);
    this.name = "PredictionError";
  }
}

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

const TOKEN_ERRORS = new Set([110, 111]);
const MAX_BASE64_CHARACTERS = 4 * 1024 * 1024;
const NO_TOKEN = 13;
const TOO_LARGE = 336004;
export const UNREADABLE = 336000;

export async function toBase64(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += 0x8000) {
    pieces.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
  }
  return btoa(pieces.join(""));
}

/** Log ids fill 63 bits; the digits are taken from the text before they pass through a float. */
export function logIdOf(text: string): string {
  return /"log_id"\s*:\s*(\d+)/.exec(text)?.[1] ?? "";
}

export class Predictor {
  private readonly tokens = new Map<string, string>();

  constructor(
    private readonly origin: string,
    private readonly fetchUrl: Fetch,
    private readonly now: () => number,
  ) {}

  async predict(serviceUrl: string, keys: Keys, image: Blob, wishes: Wishes): Promise<Prediction> {
    const encoded = await toBase64(image);
    if (encoded.length > MAX_BASE64_CHARACTERS) throw new PredictionError(TOO_LARGE, "", "");
    const { document, logId, tookMs } = await this.ask(serviceUrl, keys, { image: encoded, ...wishes });
    if (!Array.isArray(document.results)) throw new PredictionError(UNREADABLE, "", logId);
    return { logId, results: (document.results as unknown[]).map(asRecord).map(resultOf), tookMs };
  }

  /** Fetches a token once per application, and once more when the service no longer takes it. */
  async ask(serviceUrl: string, keys: Keys, request: object): Promise<Answer> {
    const body = JSON.stringify(request);
    try {
      return await this.send(serviceUrl, await this.tokenOf(keys), body);
    } catch (error) {
      if (!(error instanceof PredictionError) || !TOKEN_ERRORS.has(error.errorCode)) throw error;
      this.tokens.delete(keys.apiKey);
      return this.send(serviceUrl, await this.tokenOf(keys), body);
    }
  }

  private async tokenOf({ apiKey, secretKey }: Keys): Promise<string> {
    const known = this.tokens.get(apiKey);
    if (known !== undefined) return known;
    const query = new URLSearchParams({ grant_type: "client_credentials", client_id: apiKey, client_secret: secretKey });
    const reply = await this.fetchUrl(`${this.origin}/oauth/2.0/token?${query.toString()}`, { method: "POST" });
    const document = asRecord(parse(await reply.text()));
    if (typeof document.access_token !== "string") {
      throw new PredictionError(NO_TOKEN, `${text(document.error)}: ${text(document.error_description)}`, "");
    }
    this.tokens.set(apiKey, document.access_token);
    return document.access_token;
  }

  private async send(serviceUrl: string, token: string, body: string): Promise<Answer> {
    const begun = this.now();
    const reply = await this.fetchUrl(`${serviceUrl}?access_token=${encodeURIComponent(token)}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    });
    const answer = await reply.text();
    const parsed = parse(answer);
    const document = asRecord(parsed);
    const logId = logIdOf(answer);
    if (typeof document.error_code === "number") throw new PredictionError(document.error_code, text(document.error_msg), logId);
    if (parsed !== document) throw new PredictionError(UNREADABLE, `HTTP ${reply.status}`, logId);
    return { logId, document, tookMs: this.now() - begun };
  }
}

function resultOf(row: Record<string, unknown>): PredictionResult {
  const place = asRecord(row.location);
  const [left, top, width, height] = [place.left, place.top, place.width, place.height].map(Number);
  const hasBox = left !== undefined && top !== undefined && width !== undefined && height !== undefined && [left, top, width, height].every(Number.isFinite);
  return {
    name: text(row.name),
    score: Number(row.score),
    ...(hasBox ? { box: [left, top, left + width, top + height] } : {}),
    ...(typeof row.mask === "string" ? { mask: row.mask } : {}),
  };
}

function parse(answer: string): unknown {
  try {
    return JSON.parse(answer) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
