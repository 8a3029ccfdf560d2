import { MultipartUpload, type FinishedPart, type PartAddress, type PutPart, type UploadTarget } from "./multipart-upload";

/** What one import is to the control API: an upload for each file, and one end for all of them. */
export interface ImportTarget {
  readonly file: (index: number) => UploadTarget;
  readonly complete: (files: { file: number; parts: FinishedPart[] }[]) => Promise<void>;
}

export interface PlannedFile {
  readonly file: Blob;
  readonly partSizeBytes: number;
  readonly knownUrls: readonly PartAddress[];
}

export interface ImportUploadTools {
  readonly target: ImportTarget;
  readonly putPart: PutPart;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Bytes of all files that have arrived. */
  readonly onProgress: (sentBytes: number) => void;
  readonly signal: AbortSignal;
}

const FILES_AT_ONCE = 3;

/** Sends the files of one import, some at once, and completes it when every part of every file has arrived. */
export class ImportUpload {
  private readonly sent = new Map<number, number>();
  private readonly parts = new Map<number, FinishedPart[]>();

  constructor(
    private readonly files: readonly PlannedFile[],
    private readonly resume: boolean,
    private readonly tools: ImportUploadTools,
  ) {}

  async run(): Promise<void> {
    const open = this.files.map((_, index) => index);
    const stop = new AbortController();
    const signal = AbortSignal.any([this.tools.signal, stop.signal]);
    const workers = Array.from({ length: Math.min(FILES_AT_ONCE, open.length) }, () => this.work(open, signal));
    try {
      await Promise.all(workers);
    } catch (error) {
      stop.abort(); // one file that cannot be sent stops the others; what arrived stays for a resume
      throw error;
    }
    await this.tools.target.complete([...this.parts].sort(([left], [right]) => left - right).map(([file, parts]) => ({ file, parts })));
  }

  private async work(open: number[], signal: AbortSignal): Promise<void> {
    for (let index = open.shift(); index !== undefined; index = open.shift()) {
      const planned = this.files[index];
      if (!planned) continue;
      const number = index;
      const upload = new MultipartUpload(
        { ...planned, resume: this.resume },
        {
          target: this.tools.target.file(number),
          putPart: this.tools.putPart,
          pause: this.tools.pause,
          signal,
          onProgress: (bytes) => {
            this.sent.set(number, bytes);
            this.report();
          },
        },
      );
      this.parts.set(number, await upload.run());
    }
  }

  private report(): void {
    let total = 0;
    for (const bytes of this.sent.values()) total += bytes;
    this.tools.onProgress(total);
  }
}

interface Named {
  readonly name: string;
  readonly size_bytes: number;
}

/** The chosen files in the order of the import's, or the first one that is missing or was changed. */
export function matchFiles<F extends { readonly name: string; readonly size: number }>(
  wanted: readonly Named[],
  chosen: readonly F[],
): { readonly files: readonly F[] } | { readonly missing: Named } {
  const files: F[] = [];
  for (const file of wanted) {
    const found = chosen.find((other) => other.name === file.name && other.size === file.size_bytes);
    if (!found) return { missing: file };
    files.push(found);
  }
  return { files };
}
