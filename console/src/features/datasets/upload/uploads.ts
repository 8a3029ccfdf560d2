import type { VersionRef } from "@/api/queries/datasets";
import type { NewImport } from "@/api/types";
import { ImportUpload, matchFiles, type PlannedFile } from "./import-upload";
import { pauseByTimer, putPartByXhr } from "./put-part-xhr";
import { cancelImport, importTarget, readImport, startImport } from "./upload-target";

export type UploadState = "starting" | "sending" | "failed" | "sent";

/** The upload of one import's files from this browser tab; it goes on while the person walks through other pages. */
export interface Upload {
  readonly importId: number;
  readonly ref: VersionRef;
  readonly files: readonly File[];
  readonly state: UploadState;
  readonly sentBytes: number;
  readonly startedAt: number;
  readonly startedAtBytes: number;
  readonly error: unknown;
}

export class OtherFileError extends Error {
  constructor(readonly expected: { name: string; size_bytes: number }) {
    super("a file of the upload that began is not among the chosen ones");
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
  async start(ref: VersionRef, body: NewImport, files: readonly File[], onSent: () => void): Promise<number> {
    const made = await startImport(ref, body);
    const plans = made.files.map((told, index): PlannedFile => {
      const file = files[index];
      if (!file || !told.upload) throw new Error("the import carries no upload");
      return { file, partSizeBytes: told.upload.part_size_bytes, knownUrls: told.upload.parts };
    });
    void this.send(ref, made.import_id, files, plans, false, onSent);
    return made.import_id;
  }

  /** Goes on with an upload after a failure or a reload; the files must be the same. */
  async resume(ref: VersionRef, importId: number, chosen: readonly File[], onSent: () => void): Promise<void> {
    const known = await readImport(ref, importId);
    const matched = matchFiles(known.files, chosen);
    if ("missing" in matched) throw new OtherFileError(matched.missing);
    const plans = known.files.map((told, index): PlannedFile => {
      const file = matched.files[index];
      if (!file || !told.upload) throw new Error("the import takes no more files");
      return { file, partSizeBytes: told.upload.part_size_bytes, knownUrls: [] };
    });
    void this.send(ref, importId, matched.files, plans, true, onSent);
  }

  async cancel(ref: VersionRef, importId: number): Promise<void> {
    this.stops.get(importId)?.abort();
    this.remove(importId);
    await cancelImport(ref, importId);
  }

  private async send(
    ref: VersionRef,
    importId: number,
    files: readonly File[],
    plans: readonly PlannedFile[],
    resume: boolean,
    onSent: () => void,
  ): Promise<void> {
    const stop = new AbortController();
    this.stops.set(importId, stop);
    const blank = { importId, ref, files, sentBytes: 0, startedAt: Date.now(), startedAtBytes: 0, error: null };
    this.put({ ...blank, state: "sending" });
    let first = true;
    const upload = new ImportUpload(plans, resume, {
      target: importTarget(ref, importId),
      putPart: putPartByXhr,
      pause: pauseByTimer,
      signal: stop.signal,
      onProgress: (sentBytes) => {
        this.change(importId, first && resume ? { sentBytes, startedAtBytes: sentBytes } : { sentBytes });
        first = false;
      },
    });
    try {
      await upload.run();
      this.change(importId, { state: "sent" });
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
