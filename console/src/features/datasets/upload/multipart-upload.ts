/**
 * Sends one file in parts: several at once, each part repeated a few times, progress by the byte. Parts that the
 * storage already holds in the right size are not sent again, so a broken upload goes on where it stopped.
 */

export interface PartAddress {
  readonly part_number: number;
  readonly url: string;
}

export interface KnownPart {
  readonly part_number: number;
  readonly etag: string;
  readonly size_bytes: number;
}

export interface FinishedPart {
  readonly part_number: number;
  readonly etag: string;
}

/** The calls of the control API that belong to one file of an import. */
export interface UploadTarget {
  readonly partUrls: (partNumbers: number[]) => Promise<readonly PartAddress[]>;
  readonly storedParts: () => Promise<readonly KnownPart[]>;
}

/** Puts bytes to a presigned address; resolves with the ETag, or null where the storage hides it. */
export type PutPart = (url: string, part: Blob, onProgress: (sent: number) => void, signal: AbortSignal) => Promise<string | null>;

export interface UploadPlan {
  readonly file: Blob;
  readonly partSizeBytes: number;
  readonly knownUrls: readonly PartAddress[];
  readonly resume: boolean;
}

export interface UploadTools {
  readonly target: UploadTarget;
  readonly putPart: PutPart;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onProgress: (sentBytes: number) => void;
  readonly signal: AbortSignal;
}

const PARALLEL_PARTS = 4;
const ATTEMPTS = 4;
const URLS_PER_CALL = 50;
const FIRST_PAUSE_MS = 500;

export class PartRefusedError extends Error {
  constructor(
    readonly status: number,
    readonly partNumber: number | null = null,
  ) {
    super(`the storage refused a part (${status === 0 ? "no answer" : `HTTP ${status}`})`);
    this.name = "PartRefusedError";
  }
}

function aborted(): DOMException {
  return new DOMException("upload stopped", "AbortError");
}

export class MultipartUpload {
  private readonly urls = new Map<number, string>();
  private readonly sent = new Map<number, number>();
  private readonly finished = new Map<number, string | null>();
  private readonly partCount: number;
  private urlCall: Promise<void> | null = null;

  constructor(
    private readonly plan: UploadPlan,
    private readonly tools: UploadTools,
  ) {
    this.partCount = Math.max(1, Math.ceil(plan.file.size / plan.partSizeBytes));
    for (const known of plan.knownUrls) this.urls.set(known.part_number, known.url);
  }

  /** Resolves with all parts once every byte has arrived. */
  async run(): Promise<FinishedPart[]> {
    if (this.plan.resume) await this.skipStoredParts();
    const open = this.openParts();
    const workers = Array.from({ length: Math.min(PARALLEL_PARTS, open.length) }, () => this.work(open));
    await Promise.all(workers);
    this.stopIfAborted();
    return this.partList();
  }

  private openParts(): number[] {
    const all = Array.from({ length: this.partCount }, (_, index) => index + 1);
    return all.filter((number) => !this.finished.has(number));
  }

  private async skipStoredParts(): Promise<void> {
    for (const part of await this.tools.target.storedParts()) {
      const wanted = this.bytesOf(part.part_number).size;
      if (part.part_number > this.partCount || part.size_bytes !== wanted) continue;
      this.finished.set(part.part_number, part.etag);
      this.sent.set(part.part_number, wanted);
    }
    this.report();
  }

  private async work(open: number[]): Promise<void> {
    for (let number = open.shift(); number !== undefined; number = open.shift()) {
      await this.sendPart(number, open);
    }
  }

  private async sendPart(number: number, open: readonly number[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.stopIfAborted();
      try {
        const url = await this.urlOf(number, open);
        const etag = await this.tools.putPart(
          url,
          this.bytesOf(number),
          (bytes) => {
            this.sent.set(number, bytes);
            this.report();
          },
          this.tools.signal,
        );
        this.sent.set(number, this.bytesOf(number).size);
        this.finished.set(number, etag);
        this.report();
        return;
      } catch (error) {
        if (!(error instanceof PartRefusedError)) throw error;
        this.sent.set(number, 0);
        this.urls.delete(number); // a presigned address may have expired
        this.report();
        if (attempt >= ATTEMPTS) throw new PartRefusedError(error.status, number);
        await this.tools.pause(FIRST_PAUSE_MS * 2 ** attempt, this.tools.signal);
      }
    }
  }

  private async urlOf(number: number, open: readonly number[]): Promise<string> {
    for (;;) {
      const known = this.urls.get(number);
      if (known !== undefined) return known;
      this.urlCall ??= this.fetchUrls([number, ...open.filter((other) => !this.urls.has(other))]).finally(() => {
        this.urlCall = null;
      });
      await this.urlCall;
      if (!this.urls.has(number)) await this.fetchUrls([number]);
    }
  }

  private async fetchUrls(numbers: readonly number[]): Promise<void> {
    for (const part of await this.tools.target.partUrls(numbers.slice(0, URLS_PER_CALL))) this.urls.set(part.part_number, part.url);
  }

  private async partList(): Promise<FinishedPart[]> {
    if ([...this.finished.values()].includes(null)) {
      for (const part of await this.tools.target.storedParts()) this.finished.set(part.part_number, part.etag);
    }
    return [...this.finished]
      .sort(([left], [right]) => left - right)
      .map(([part_number, etag]) => ({ part_number, etag: etag ?? "" }));
  }

  private bytesOf(number: number): Blob {
    const start = (number - 1) * this.plan.partSizeBytes;
    return this.plan.file.slice(start, Math.min(start + this.plan.partSizeBytes, this.plan.file.size));
  }

  private report(): void {
    let total = 0;
    for (const bytes of this.sent.values()) total += bytes;
    this.tools.onProgress(total);
  }

  private stopIfAborted(): void {
    if (this.tools.signal.aborted) throw aborted();
  }
}
