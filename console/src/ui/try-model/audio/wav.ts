/** PCM sound as a WAV file: mono, 16 bits, as the sound models take it (spec 08 section 12.2). */

export const SAMPLE_RATE = 16_000;
export const LONGEST_S = 15;
const HEADER_BYTES = 44;
const SAMPLE_BYTES = 2;

/** Samples lie between -1 and 1; what is beyond is cut, as a loudspeaker would. */
export function encodeWav(samples: Float32Array, sampleRate: number): Blob {
  const size = samples.length * SAMPLE_BYTES;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + size));
  const text = (offset: number, letters: string): void => {
    for (let place = 0; place < letters.length; place += 1) view.setUint8(offset + place, letters.charCodeAt(place));
  };
  text(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * SAMPLE_BYTES, true);
  view.setUint16(32, SAMPLE_BYTES, true);
  view.setUint16(34, SAMPLE_BYTES * 8, true);
  text(36, "data");
  view.setUint32(40, size, true);
  samples.forEach((sample, place) => {
    const cut = Math.max(-1, Math.min(1, Number.isNaN(sample) ? 0 : sample));
    view.setInt16(HEADER_BYTES + place * SAMPLE_BYTES, Math.round(cut < 0 ? cut * 0x8000 : cut * 0x7fff), true);
  });
  return new Blob([view.buffer], { type: "audio/wav" });
}

/** The frames of a recording that fit, at the rate that is sent. */
export function framesOf(durationS: number, sampleRate = SAMPLE_RATE): number {
  return Math.max(1, Math.floor(Math.min(durationS, LONGEST_S) * sampleRate));
}
