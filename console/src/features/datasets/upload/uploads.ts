import type { VersionRef } from "@/api/queries/datasets";
import { MultipartUpload, type UploadPlan } from "./multipart-upload";
import { pauseByTimer, putPartByXhr } from "./put-part-xhr";
import { cancelImport, readImport, startImport, uploadTarget } from "./upload-target";

export type UploadState = "starting" | "sending" | "failed" | "sent";

/** One upload of this browser tab; it goes on while the person walks through other pages. */
export interface Upload {
  readonly importId: number;
  readonly ref: VersionRef;
  readonly file: File;
  readonly state: UploadState;
  readonly sentBytes: number;
  readonly startedAt: number;
  readonly startedAtBytes: number;
  readonly error: unknown;
}

export class OtherFileError extends Error {
  constructor(readonly expected: { filename: string; size_bytes: number }) {
    super("this is another file than the one whose upload began");
    this.name = "OtherFileError";
  }
}

type Listener = () => void;

export class Uploads {
  private list: readonly Upload[] = [];
  private readonly listeners = new Set<Listener>();
  private readonly stops = new Map<number, AbortController>();

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly all = (): readonly Upload[] => this.list;

  /** Creates the import and starts to send; resolves with the import's id once it exists. */
  async start(ref: VersionRef, file: File, onSent: () => void): Promise<number> {
    const made = await startImport(ref, file);
    if (!made.upload) throw new Error("the import carries no upload");
    const plan = { file, partSizeBytes: made.upload.part_size_bytes, knownUrls: made.upload.parts, resume: false };
    void this.send(ref, made.import_id, file, plan, onSent);
    return made.import_id;
  }

  /** Goes on with an upload after a failure or a reload; the file must be the same. */
  async resume(ref: VersionRef, importId: number, file: File, onSent: () => void): Promise<void> {
    const known = await readImport(ref, importId);
    if (known.size_bytes !== file.size || known.filename !== file.name) throw new OtherFileError(known);
    const stored = await uploadTarget(ref, importId).storedParts();
    const partSizeBytes = known.upload?.part_size_bytes ?? Math.max(0, ...stored.map((part) => part.size_bytes));
    if (partSizeBytes <= 0) throw new Error("the size of the parts is not known");
    void this.send(ref, importId, file, { file, partSizeBytes, knownUrls: [], resume: true }, onSent);
  }

  async cancel(ref: VersionRef, importId: number): Promise<void> {
    this.stops.get(importId)?.abort();
    this.remove(importId);
    await cancelImport(ref, importId);
  }

  private async send(ref: VersionRef, importId: number, file: File, plan: UploadPlan, onSent: () => void): Promise<void> {
    const stop = new AbortController();
    this.stops.set(importId, stop);
    const blank = { importId, ref, file, sentBytes: 0, startedAt: Date.now(), startedAtBytes: 0, error: null };
    this.put({ ...blank, state: "sending" });
    let first = true;
    const upload = new MultipartUpload(plan, {
      target: uploadTarget(ref, importId),
      putPart: putPartByXhr,
      pause: pauseByTimer,
      signal: stop.signal,
      onProgress: (sentBytes) => {
        this.change(importId, first && plan.resume ? { sentBytes, startedAtBytes: sentBytes } : { sentBytes });
        first = false;
      },
    });
    try {
      await upload.run();
      this.change(importId, { state: "sent", sentBytes: file.size });
      onSent();
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.change(importId, { state: "failed", error });
    } finally {
      this.stops.delete(importId);
    }
  }

  private put(upload: Upload): void {
    this.list = [...this.list.filter((other) => other.importId !== upload.importId), upload];
    this.announce();
  }

  private change(importId: number, change: Partial<Upload>): void {
    this.list = this.list.map((upload) => (upload.importId === importId ? { ...upload, ...change } : upload));
    this.announce();
  }

  private remove(importId: number): void {
    this.list = this.list.filter((upload) => upload.importId !== importId);
    this.announce();
  }

  private announce(): void {
    for (const listener of this.listeners) listener();
  }
}

export const uploads = new Uploads();

window.addEventListener("beforeunload", (event) => {
  if (uploads.all().some((upload) => upload.state === "sending")) event.preventDefault();
});
