import { describe, expect, it } from "vitest";
import { gridShape, MOST_PIXELS, pagesOf, scrollToRow, stepTo, windowOf } from "./windowing";

const base = { count: 100_000, columns: 6, rowHeight: 150, viewport: 600 };

describe("the window of a long list", () => {
  it("draws what is in view and two rows around it", () => {
    const top = windowOf({ ...base, scrollTop: 0 });
    expect([top.first, top.last]).toEqual([0, 36]);
    const middle = windowOf({ ...base, scrollTop: 15_000 });
    expect([middle.first, middle.last]).toEqual([98 * 6, 106 * 6]);
    expect(middle.height).toBe(Math.ceil(100_000 / 6) * 150);
  });

  it("ends with the last sample, also when scrolled beyond", () => {
    const end = windowOf({ ...base, count: 10, scrollTop: 9_000 });
    expect(end.last).toBe(10);
    expect(end.first).toBe(0);
    expect(windowOf({ ...base, count: 0, scrollTop: 0 })).toMatchObject({ first: 0, last: 0, height: 0 });
  });

  it("stops where browsers draw no more, and says how far it reaches", () => {
    const huge = windowOf({ ...base, columns: 1, count: 10_000_000, scrollTop: MOST_PIXELS });
    expect(huge.height).toBeLessThanOrEqual(MOST_PIXELS);
    expect(huge.last).toBe(huge.reachable);
    expect(huge.reachable).toBe(100_000);
  });

  it("needs the pages that hold it", () => {
    expect(pagesOf(0, 36, 60)).toEqual([0]);
    expect(pagesOf(59, 61, 60)).toEqual([0, 1]);
    expect(pagesOf(588, 636, 60)).toEqual([9, 10]);
    expect(pagesOf(5, 5, 60)).toEqual([]);
  });
});

describe("cells", () => {
  it("share the width, at least one in a row", () => {
    expect(gridShape(1000, 150, 10)).toEqual({ columns: 6, cellWidth: (1000 - 50) / 6 });
    expect(gridShape(80, 150, 10)).toEqual({ columns: 1, cellWidth: 80 });
  });
});

describe("keys", () => {
  it("move by sample, row and page, and stop at the ends", () => {
    expect(stepTo("ArrowRight", 5, 6, 4, 100)).toBe(6);
    expect(stepTo("ArrowLeft", 0, 6, 4, 100)).toBe(0);
    expect(stepTo("ArrowDown", 5, 6, 4, 100)).toBe(11);
    expect(stepTo("ArrowDown", 97, 6, 4, 100)).toBe(99);
    expect(stepTo("ArrowUp", 2, 6, 4, 100)).toBe(2);
    expect(stepTo("PageDown", 1, 6, 4, 100)).toBe(25);
    expect(stepTo("End", 1, 6, 4, 100)).toBe(99);
    expect(stepTo("a", 1, 6, 4, 100)).toBeNull();
  });

  it("scroll only when the row is not whole in view", () => {
    expect(scrollToRow(3, 100, 0, 500)).toBeNull();
    expect(scrollToRow(5, 100, 50, 500)).toBe(100);
    expect(scrollToRow(1, 100, 150, 500)).toBe(100);
  });
});
