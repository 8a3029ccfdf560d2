import { describe, expect, it } from "vitest";
import { ImportUpload, matchFiles, type ImportTarget } from "./import-upload";
import { PartRefusedError, type FinishedPart, type KnownPart, type PutPart } from "./multipart-upload";

class Storage {
  readonly stored = new Map<string, string>();
  completed: { file: number; parts: FinishedPart[] }[] | null = null;
  already = new Map<number, KnownPart[]>();
  readonly target: ImportTarget = {
    file: (file) => ({
      partUrls: (numbers) => Promise.resolve(numbers.map((part_number) => ({ part_number, url: `${file}/${part_number}` }))),
      storedParts: () => Promise.resolve(this.already.get(file) ?? []),
    }),
    complete: (files) => {
      this.completed = files;
      return Promise.resolve();
    },
  };

  readonly put: PutPart = async (url, part, onProgress) => {
    onProgress(part.size);
    this.stored.set(url, await part.text());
    return `etag-${url}`;
  };
}

const planned = (text: string) => ({ file: new Blob([text]), partSizeBytes: 4, knownUrls: [] });

function upload(storage: Storage, texts: string[], options: { putPart?: PutPart; resume?: boolean; progress?: number[] } = {}) {
  return new ImportUpload(texts.map(planned), options.resume ?? false, {
    target: storage.target,
    putPart: options.putPart ?? storage.put,
    pause: () => Promise.resolve(),
    onProgress: (sent) => options.progress?.push(sent),
    signal: new AbortController().signal,
  });
}

describe("an import of several files", () => {
  it("sends every file in its own parts and completes once with all of them in order", async () => {
    const storage = new Storage();
    const progress: number[] = [];
    await upload(storage, ["abcdef", "gh", "ijklmnop", "q"], { progress }).run();
    expect(storage.stored.get("2/2")).toBe("mnop");
    expect(storage.completed?.map((file) => [file.file, file.parts.length])).toEqual([[0, 2], [1, 1], [2, 2], [3, 1]]);
    expect(progress.at(-1)).toBe(17);
  });

  it("does not send again what the storage holds of each file", async () => {
    const storage = new Storage();
    storage.already.set(1, [{ part_number: 1, etag: "kept", size_bytes: 2 }]);
    await upload(storage, ["abcdef", "gh"], { resume: true }).run();
    expect([...storage.stored.keys()].sort()).toEqual(["0/1", "0/2"]);
    expect(storage.completed?.[1]?.parts).toEqual([{ part_number: 1, etag: "kept" }]);
  });

  it("completes nothing when one of the files cannot be sent", async () => {
    const storage = new Storage();
    const refusing: PutPart = (url, part, onProgress, signal) =>
      url.startsWith("1/") ? Promise.reject(new PartRefusedError(500)) : storage.put(url, part, onProgress, signal);
    await expect(upload(storage, ["abcdef", "gh"], { putPart: refusing }).run()).rejects.toBeInstanceOf(PartRefusedError);
    expect(storage.completed).toBeNull();
  });
});

describe("files chosen again", () => {
  const wanted = [
    { name: "a.txt", size_bytes: 3 },
    { name: "b.txt", size_bytes: 4 },
  ];

  it("are put into the import's order", () => {
    const chosen = [{ name: "b.txt", size: 4 }, { name: "other", size: 1 }, { name: "a.txt", size: 3 }];
    expect(matchFiles(wanted, chosen)).toEqual({ files: [chosen[2], chosen[0]] });
  });

  it("tell which one is missing or changed", () => {
    expect(matchFiles(wanted, [{ name: "a.txt", size: 3 }, { name: "b.txt", size: 5 }])).toEqual({ missing: wanted[1] });
  });
});
