/** Which part of a long list is in view: pure arithmetic on pixels. */

/** Browsers draw no element that is taller; longer lists end there with a hint to filter. */
export const MOST_PIXELS = 15_000_000;

export interface GridShape {
  readonly columns: number;
  readonly cellWidth: number;
}

/** As many columns as fit, at least one; cells share the width. */
export function gridShape(width: number, leastCell: number, gap: number): GridShape {
  const columns = Math.max(1, Math.floor((width + gap) / (leastCell + gap)));
  return { columns, cellWidth: Math.max(1, (width - gap * (columns - 1)) / columns) };
}

export interface Window {
  /** Samples `first … last - 1` are drawn. */
  readonly first: number;
  readonly last: number;
  readonly totalRows: number;
  readonly height: number;
  /** How many samples can be reached by scrolling. */
  readonly reachable: number;
}

export interface WindowOptions {
  readonly count: number;
  readonly columns: number;
  readonly rowHeight: number;
  readonly scrollTop: number;
  readonly viewport: number;
  readonly overscanRows?: number;
}

export function windowOf({ count, columns, rowHeight, scrollTop, viewport, overscanRows = 2 }: WindowOptions): Window {
  const totalRows = Math.min(Math.ceil(count / columns), Math.floor(MOST_PIXELS / rowHeight));
  const reachable = Math.min(count, totalRows * columns);
  const firstRow = Math.max(0, Math.min(totalRows - 1, Math.floor(scrollTop / rowHeight)) - overscanRows);
  const lastRow = Math.min(totalRows, Math.ceil((scrollTop + viewport) / rowHeight) + overscanRows);
  const first = Math.min(reachable, Math.max(0, firstRow) * columns);
  return { first, last: Math.max(first, Math.min(reachable, lastRow * columns)), totalRows, height: totalRows * rowHeight, reachable };
}

/** Numbers of the pages that hold `first … last - 1`. */
export function pagesOf(first: number, last: number, pageSize: number): number[] {
  if (last <= first) return [];
  const from = Math.floor(first / pageSize);
  const to = Math.floor((last - 1) / pageSize);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Where to scroll so that a row is whole in view; null when it is. */
export function scrollToRow(row: number, rowHeight: number, scrollTop: number, viewport: number): number | null {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + viewport ? top + rowHeight - viewport : null;
}

const STEPS: Readonly<Record<string, (columns: number, page: number) => number>> = {
  ArrowRight: () => 1,
  ArrowLeft: () => -1,
  ArrowDown: (columns) => columns,
  ArrowUp: (columns) => -columns,
  PageDown: (_, page) => page,
  PageUp: (_, page) => -page,
};

/** The sample that a key leads to; null for keys that lead nowhere. */
export function stepTo(key: string, place: number, columns: number, rowsInView: number, count: number): number | null {
  if (key === "Home") return 0;
  if (key === "End") return Math.max(0, count - 1);
  const step = STEPS[key]?.(columns, columns * Math.max(1, rowsInView));
  if (step === undefined) return null;
  const wanted = place + step;
  if (Math.abs(step) === 1 || (wanted >= 0 && wanted < count)) return Math.max(0, Math.min(count - 1, wanted));
  return step > 0 ? Math.max(place, count - 1) : place % columns;
}
