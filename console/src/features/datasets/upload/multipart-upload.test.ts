import { describe, expect, it } from "vitest";
import { MultipartUpload, PartRefusedError, type KnownPart, type PutPart } from "./multipart-upload";

const FILE = new Blob(["0123456789abcdefghijABC"]); // 23 bytes: parts of 10, 10, 3

class Storage {
  readonly stored = new Map<number, string>();
  readonly puts: number[] = [];
  already: KnownPart[] = [];
  readonly target = {
    partUrls: (numbers: number[]) => Promise.resolve(numbers.map((part_number) => ({ part_number, url: `s3://${part_number}` }))),
    storedParts: () => Promise.resolve(this.already),
  };

  readonly put: PutPart = async (url, part, onProgress) => {
    const number = Number(url.slice(5));
    this.puts.push(number);
    onProgress(part.size);
    this.stored.set(number, await part.text());
    return `etag-${number}`;
  };
}

function upload(storage: Storage, options: { putPart?: PutPart; resume?: boolean; signal?: AbortSignal; progress?: number[] } = {}) {
  return new MultipartUpload(
    { file: FILE, partSizeBytes: 10, knownUrls: [], resume: options.resume ?? false },
    {
      target: storage.target,
      putPart: options.putPart ?? storage.put,
      pause: () => Promise.resolve(),
      onProgress: (sent) => options.progress?.push(sent),
      signal: options.signal ?? new AbortController().signal,
    },
  );
}

describe("an upload in parts", () => {
  it("sends every byte once and tells the parts in order", async () => {
    const storage = new Storage();
    const progress: number[] = [];
    const parts = await upload(storage, { progress }).run();
    expect([...storage.stored].sort().map(([, text]) => text)).toEqual(["0123456789", "abcdefghij", "ABC"]);
    expect(parts).toEqual([1, 2, 3].map((part_number) => ({ part_number, etag: `etag-${part_number}` })));
    expect(progress.at(-1)).toBe(23);
  });

  it("does not send again what the storage holds in the right size", async () => {
    const storage = new Storage();
    storage.already = [
      { part_number: 1, etag: "kept", size_bytes: 10 },
      { part_number: 2, etag: "half", size_bytes: 4 },
    ];
    const parts = await upload(storage, { resume: true }).run();
    expect(storage.puts.sort()).toEqual([2, 3]);
    expect(parts[0]).toEqual({ part_number: 1, etag: "kept" });
  });

  it("repeats a refused part with a fresh address", async () => {
    const storage = new Storage();
    let refusals = 2;
    const flaky: PutPart = (url, part, onProgress, signal) => {
      if (url.endsWith("2") && refusals > 0) {
        refusals -= 1;
        return Promise.reject(new PartRefusedError(403));
      }
      return storage.put(url, part, onProgress, signal);
    };
    expect(await upload(storage, { putPart: flaky }).run()).toHaveLength(3);
  });

  it("gives up on a part that is refused again and again", async () => {
    const storage = new Storage();
    const refusing: PutPart = () => Promise.reject(new PartRefusedError(500));
    await expect(upload(storage, { putPart: refusing }).run()).rejects.toBeInstanceOf(PartRefusedError);
  });

  it("stops when it is cancelled", async () => {
    const storage = new Storage();
    const stop = new AbortController();
    stop.abort();
    await expect(upload(storage, { signal: stop.signal }).run()).rejects.toMatchObject({ name: "AbortError" });
    expect(storage.puts).toEqual([]);
  });

  it("asks the storage for the ETags that the browser may not read", async () => {
    const storage = new Storage();
    const hiding: PutPart = async (url, part, onProgress, signal) => {
      await storage.put(url, part, onProgress, signal);
      storage.already = [1, 2, 3].map((part_number) => ({ part_number, etag: `listed-${part_number}`, size_bytes: 0 }));
      return null;
    };
    const parts = await upload(storage, { putPart: hiding }).run();
    expect(parts.map((part) => part.etag)).toEqual(["listed-1", "listed-2", "listed-3"]);
  });
});
