import { describe, expect, it } from "vitest";
import { UploadRefusedError, type PutFile } from "./put-file";
import { NoAddressError, sendFiles, wholeAddress } from "./send-files";

const file = { name: "model.pkl", file: new Blob(["12345"]) };
const addresses = [wholeAddress({ name: "model.pkl", url: "https://store/model.pkl" })];

function toolsWith(statuses: number[]) {
  const pauses: number[] = [];
  const progress: [string, number][] = [];
  const put: PutFile = () => {
    const status = statuses.shift() ?? 200;
    return status === 200 ? Promise.resolve() : Promise.reject(new UploadRefusedError(status));
  };
  const pause = (ms: number): Promise<void> => {
    pauses.push(ms);
    return Promise.resolve();
  };
  return { pauses, progress, tools: { put, pause, onProgress: (name: string, sent: number) => progress.push([name, sent]), signal: new AbortController().signal } };
}

describe("files on their way", () => {
  it("are tried again while the storage is busy, with longer pauses", async () => {
    const { tools, pauses, progress } = toolsWith([503, 0]);
    await sendFiles([file], addresses, tools);
    expect(pauses).toEqual([500, 1000]);
    expect(progress).toEqual([["model.pkl", 5]]);
  });

  it("are not tried again when the storage refuses them", async () => {
    const { tools, pauses } = toolsWith([403]);
    await expect(sendFiles([file], addresses, tools)).rejects.toMatchObject({ status: 403 });
    expect(pauses).toEqual([]);
  });

  it("end after some attempts", async () => {
    const { tools, pauses } = toolsWith([503, 503, 503, 503]);
    await expect(sendFiles([file], addresses, tools)).rejects.toMatchObject({ status: 503 });
    expect(pauses).toHaveLength(3);
  });

  it("go in parts where the storage wants parts", async () => {
    const { tools, progress } = toolsWith([]);
    const asked: number[] = [];
    const urlOf = (part: number): Promise<string> => {
      asked.push(part);
      return Promise.resolve(`https://store/${part}`);
    };
    await sendFiles([file], [{ name: file.name, partSizeBytes: 2, urlOf }], tools);
    expect(asked).toEqual([1, 2, 3]);
    expect(progress.map(([, sent]) => sent)).toEqual([2, 4, 5]);
  });

  it("need an address", async () => {
    await expect(sendFiles([file], [], toolsWith([]).tools)).rejects.toBeInstanceOf(NoAddressError);
  });
});
