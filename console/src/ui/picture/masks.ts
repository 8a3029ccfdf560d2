/** Run lengths of a mask, column by column, the first one of pixels outside it (COCO's order). */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly counts: readonly number[];
}

export class MaskTextError extends Error {
  constructor(reason: string) {
    super(`mask: ${reason}`);
    this.name = "MaskTextError";
  }
}

const FIRST_CHARACTER = 48;
const BITS = 5;
const VALUE = 0x1f;
const SIGN = 0x10;
const MORE = 0x20;

/**
 * Decodes COCO's compressed run lengths: five bits a character, least first, and from the fourth run on
 * the difference to the run before the last (cocoapi, `rleFrString`).
 *
 * @throws MaskTextError when the runs do not fill the picture.
 */
export function decodeMask(text: string, width: number, height: number): Mask {
  const counts: number[] = [];
  let place = 0;
  while (place < text.length) {
    let value = 0;
    let shift = 0;
    let code = MORE;
    while (code & MORE) {
      if (place >= text.length) throw new MaskTextError("the text ends inside a run");
      code = text.charCodeAt(place) - FIRST_CHARACTER;
      value += (code & VALUE) * 2 ** shift;
      shift += BITS;
      place += 1;
    }
    if (code & SIGN) value -= 2 ** shift;
    counts.push(counts.length > 2 ? value + (counts[counts.length - 2] ?? 0) : value);
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== width * height || counts.some((count) => count < 0)) throw new MaskTextError(`runs of ${total} pixels for a picture of ${width} × ${height}`);
  return { width, height, counts };
}

/** Vertical strips `[x, y, height]` of one pixel width. */
export function maskStrips(mask: Mask): [number, number, number][] {
  const strips: [number, number, number][] = [];
  let place = 0;
  for (const [index, count] of mask.counts.entries()) {
    const end = place + count;
    while (index % 2 === 1 && place < end) {
      const y = place % mask.height;
      const height = Math.min(end - place, mask.height - y);
      strips.push([Math.floor(place / mask.height), y, height]);
      place += height;
    }
    place = end;
  }
  return strips;
}

/** The mask as the path of an SVG in pixels of the picture. */
export function maskPath(mask: Mask): string {
  return maskStrips(mask)
    .map(([x, y, height]) => `M${x} ${y}h1v${height}h-1z`)
    .join("");
}
