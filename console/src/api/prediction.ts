/** Requests and answers of the prediction API (spec 08 sections 3, 4 and 9). */

export interface PredictionResult {
  readonly name: string;
  readonly score: number;
  /** `[x1, y1, x2, y2]` in pixels of the picture. */
  readonly box?: readonly number[];
  /** COCO's compressed run lengths, of the picture's size. */
  readonly mask?: string;
}

/** What a request may ask for beside the picture; which of them a model takes depends on its task. */
export interface Wishes {
  readonly top_num?: number;
  readonly threshold?: number;
}

export interface Prediction {
  readonly logId: string;
  readonly results: readonly PredictionResult[];
  readonly tookMs: number;
}

/** What a model of any task answered. */
export interface Answer {
  readonly logId: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** As it came, with every digit of its log id. */
  readonly text: string;
  readonly tookMs: number;
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

const MAX_BASE64_CHARACTERS = 4 * 1024 * 1024;
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

/** Asks one model, wherever it runs. Throws `PredictionError` for what the model or its service refused. */
export type Ask = (request: object) => Promise<Answer>;

/** A model to try, and a name that tells its answers from those of another one or of another caller. */
export interface AskedModel {
  readonly name: string;
  readonly ask: Ask;
}

/** Asks for a picture; one that no service would take is not sent. */
export async function predictPicture(ask: Ask, image: Blob, wishes: Wishes): Promise<Prediction> {
  const { document, logId, tookMs } = await askWithFile(ask, "image", image, wishes);
  if (!Array.isArray(document.results)) throw new PredictionError(UNREADABLE, "", logId);
  return { logId, results: (document.results as unknown[]).map(asRecord).map(resultOf), tookMs };
}

/** Asks with a file in base64 under the name that the task's API gives it. */
export async function askWithFile(ask: Ask, field: "image" | "sound", file: Blob, wishes: Wishes): Promise<Answer> {
  const encoded = await toBase64(file);
  if (encoded.length > MAX_BASE64_CHARACTERS) throw new PredictionError(TOO_LARGE, "", "");
  return ask({ [field]: encoded, ...wishes });
}

/** Reads the text of an answer; `status` is told when it is no document at all. */
export function readAnswer(answer: string, status: number, tookMs: number): Answer {
  const parsed = parseOrNull(answer);
  const document = asRecord(parsed);
  const logId = logIdOf(answer);
  if (typeof document.error_code === "number") throw new PredictionError(document.error_code, textOf(document.error_msg), logId);
  if (parsed !== document) throw new PredictionError(UNREADABLE, `HTTP ${status}`, logId);
  return { logId, document, text: answer, tookMs };
}

function resultOf(row: Record<string, unknown>): PredictionResult {
  const place = asRecord(row.location);
  const [left, top, width, height] = [place.left, place.top, place.width, place.height].map(Number);
  const hasBox = left !== undefined && top !== undefined && width !== undefined && height !== undefined && [left, top, width, height].every(Number.isFinite);
  return {
    name: textOf(row.name),
    score: Number(row.score),
    ...(hasBox ? { box: [left, top, left + width, top + height] } : {}),
    ...(typeof row.mask === "string" ? { mask: row.mask } : {}),
  };
}

export function parseOrNull(answer: string): unknown {
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

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
