import { describe, expect, it } from "vitest";
import { decodeMask, maskPath, maskStrips, MaskTextError } from "./masks";

describe("a mask", () => {
  it("is read from the run lengths that pycocotools writes", () => {
    // 4 wide, 5 high: a block of 2 × 3 pixels from (1, 1), and the last pixel
    expect(decodeMask("63203N", 4, 5).counts).toEqual([6, 3, 2, 3, 5, 1]);
  });

  it("keeps runs of more than five bits and their differences", () => {
    // 400 × 300 pixels: rows 100-199 of the columns 50 and 51, and the last pixel
    expect(decodeMask("lg>T3X60[kU3mL", 400, 300).counts).toEqual([15_100, 100, 200, 100, 104_499, 1]);
  });

  it("is refused when its runs do not fill the picture or break off", () => {
    expect(() => decodeMask("63203N", 5, 5)).toThrow(MaskTextError);
    expect(() => decodeMask("lg", 4, 5)).toThrow(MaskTextError);
  });

  it("becomes strips of its columns", () => {
    // 3 wide, 2 high, by columns: 0 1 | 1 1 | 0 1
    const mask = { width: 3, height: 2, counts: [1, 3, 1, 1] };
    expect(maskStrips(mask)).toEqual([[0, 1, 1], [1, 0, 2], [2, 1, 1]]);
    expect(maskPath(mask)).toBe("M0 1h1v1h-1zM1 0h1v2h-1zM2 1h1v1h-1z");
  });
});
