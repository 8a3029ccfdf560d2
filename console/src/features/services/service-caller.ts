import { asRecord, parseOrNull, PredictionError, readAnswer, textOf, type Answer } from "@/api/prediction";

export interface Keys {
  readonly apiKey: string;
  readonly secretKey: string;
}

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

const TOKEN_ERRORS = new Set([110, 111]);
const NO_TOKEN = 13;

/** Calls services at their public addresses, as any program of a user does (spec 08 section 3). */
export class ServiceCaller {
  private readonly tokens = new Map<string, string>();

  constructor(
    private readonly origin: string,
    private readonly fetchUrl: Fetch,
    private readonly now: () => number,
  ) {}

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
    const document = asRecord(parseOrNull(await reply.text()));
    if (typeof document.access_token !== "string") {
      throw new PredictionError(NO_TOKEN, `${textOf(document.error)}: ${textOf(document.error_description)}`, "");
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
    return readAnswer(await reply.text(), reply.status, this.now() - begun);
  }
}
