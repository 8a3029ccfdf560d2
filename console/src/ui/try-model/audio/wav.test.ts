import { describe, expect, it } from "vitest";
import { encodeWav, framesOf, SAMPLE_RATE } from "./wav";

async function bytesOf(samples: number[]): Promise<DataView> {
  return new DataView(await encodeWav(Float32Array.from(samples), SAMPLE_RATE).arrayBuffer());
}

const textAt = (view: DataView, offset: number): string => String.fromCharCode(...[0, 1, 2, 3].map((place) => view.getUint8(offset + place)));

describe("a WAV file", () => {
  it("tells mono, 16 kHz, 16 bits and its sizes", async () => {
    const view = await bytesOf([0, 0.5, -0.5]);
    expect([textAt(view, 0), textAt(view, 8), textAt(view, 12), textAt(view, 36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
    expect([view.getUint32(4, true), view.getUint32(40, true), view.byteLength]).toEqual([42, 6, 50]);
    expect([view.getUint16(20, true), view.getUint16(22, true), view.getUint32(24, true), view.getUint32(28, true), view.getUint16(32, true), view.getUint16(34, true)]).toEqual([1, 1, 16_000, 32_000, 2, 16]);
  });

  it("holds the samples, cut where they are too loud", async () => {
    const view = await bytesOf([0, 1, -1, 2, -2, 0.5, Number.NaN]);
    expect([0, 1, 2, 3, 4, 5, 6].map((place) => view.getInt16(44 + place * 2, true))).toEqual([0, 32_767, -32_768, 32_767, -32_768, 16_384, 0]);
  });

  it("is cut at fifteen seconds, which stay below the limit of a request", () => {
    expect(framesOf(3)).toBe(48_000);
    expect(framesOf(60)).toBe(240_000);
    expect(((44 + framesOf(60) * 2) * 4) / 3).toBeLessThan(4 * 1024 * 1024);
  });
});
