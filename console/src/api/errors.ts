/** A control call that the platform refused, as `{"error": {...}}` told it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>>,
    readonly requestId: string,
  ) {
    super(message);
    this.name = "ApiError";
  }

  get isForbidden(): boolean {
    return this.status === 403;
  }

  get isMissing(): boolean {
    return this.status === 404;
  }

  /** Repeating can help: the fault is on the platform's side or about pace. */
  get isTransient(): boolean {
    return this.status >= 500 || this.status === 429;
  }
}

/** No answer at all: offline, or the platform cannot be reached. */
export class OfflineError extends Error {
  constructor(cause: unknown) {
    super("no answer", { cause });
    this.name = "OfflineError";
  }
}

/** The session is over; the person has to sign in again. */
export class SignedOutError extends Error {
  constructor() {
    super("signed out");
    this.name = "SignedOutError";
  }
}

interface ProblemReply {
  error: { code: string; message: string; details?: Record<string, unknown>; request_id?: string };
}

function isProblemReply(value: unknown): value is ProblemReply {
  if (typeof value !== "object" || value === null || !("error" in value)) return false;
  const error = value.error;
  return typeof error === "object" && error !== null && "code" in error && "message" in error;
}

/** Gateways answer `{"message": …}` or plain text; those become the code `http_<status>`. */
export function toApiError(status: number, body: unknown, headers: Headers): ApiError {
  if (isProblemReply(body)) {
    const { code, message, details, request_id } = body.error;
    return new ApiError(status, code, message, details ?? {}, request_id ?? "");
  }
  const requestId = headers.get("x-amzn-requestid") ?? headers.get("apigw-requestid") ?? "";
  const plain = typeof body === "object" && body !== null && "message" in body ? String(body.message) : "";
  return new ApiError(status, `http_${status}`, plain, {}, requestId);
}
