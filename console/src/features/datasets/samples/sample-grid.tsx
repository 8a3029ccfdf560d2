import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { VersionRef } from "@/api/queries/datasets";
import { SAMPLES_PER_PAGE, useSamplePages, type SampleFilter } from "@/api/queries/samples";
import type { Sample, Schemas } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Problem } from "@/ui/problem";
import { SampleCell } from "./sample-cell";
import { gridShape, pagesOf, scrollToRow, stepTo, windowOf } from "./windowing";

const GAP = 10;
const SHAPES: Readonly<Record<Schemas["Content"], { readonly cell: number; readonly height: (width: number) => number }>> = {
  image: { cell: 136, height: (width) => Math.round(width * 0.8) + 30 },
  sound: { cell: 280, height: () => 112 },
  text: { cell: 100_000, height: () => 84 },
  pair: { cell: 100_000, height: () => 84 },
  tokens: { cell: 100_000, height: () => 92 },
  rows: { cell: 100_000, height: () => 40 },
};

interface Props {
  readonly refTo: VersionRef;
  readonly filter: SampleFilter;
  readonly content: Schemas["Content"];
  readonly total: number;
  readonly selected: ReadonlySet<number>;
  readonly onSelect: (sampleIds: readonly number[], selected: boolean) => void;
  readonly onOpen: (place: number) => void;
}

/** All samples of a filter, of which only those in view are drawn and fetched. */
export function SampleGrid({ refTo, filter, content, total, selected, onSelect, onOpen }: Props) {
  const t = useT();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 900, height: 600 });
  const [scrollTop, setScrollTop] = useState(0);
  const [focused, setFocused] = useState(0);
  const wantsFocus = useRef(false);
  const anchor = useRef<number | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);
  const shape = SHAPES[content];
  const { columns, cellWidth } = gridShape(size.width, shape.cell, GAP);
  const cellHeight = shape.height(cellWidth);
  const rowHeight = cellHeight + GAP;
  const view = windowOf({ count: total, columns, rowHeight, scrollTop, viewport: size.height });
  const pages = pagesOf(view.first, view.last, SAMPLES_PER_PAGE);
  const queries = useSamplePages(refTo, filter, pages);
  const sampleAt = (place: number): Sample | undefined => {
    const page = pages.indexOf(Math.floor(place / SAMPLES_PER_PAGE));
    return queries[page]?.data?.items[place % SAMPLES_PER_PAGE];
  };
  const active = focused >= view.first && focused < view.last ? focused : view.first;
  useEffect(() => {
    if (!wantsFocus.current) return;
    const target = box.current?.querySelector<HTMLElement>(`[data-place="${focused}"]`);
    if (!target) return;
    target.focus({ preventScroll: true });
    wantsFocus.current = false;
  });
  const failed = queries.find((query) => query.error && !query.data);
  if (failed?.error) return <Problem error={failed.error} onRetry={() => void failed.refetch()} />;

  const select = (place: number, value: boolean, range: boolean): void => {
    const from = range && anchor.current !== null ? Math.min(anchor.current, place) : place;
    const to = range && anchor.current !== null ? Math.max(anchor.current, place) : place;
    const found = Array.from({ length: to - from + 1 }, (_, index) => sampleAt(from + index)?.sample_id);
    anchor.current = place;
    onSelect(found.filter((id) => id !== undefined), value);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === " " && event.target instanceof HTMLButtonElement) {
      const sample = sampleAt(focused);
      event.preventDefault();
      if (sample) select(focused, !selected.has(sample.sample_id), event.shiftKey);
      return;
    }
    const next = stepTo(event.key, active, columns, Math.floor(size.height / rowHeight), view.reachable);
    if (next === null || !(event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    wantsFocus.current = true;
    setFocused(next);
    const top = scrollToRow(Math.floor(next / columns), rowHeight, box.current?.scrollTop ?? 0, size.height);
    if (top !== null) box.current?.scrollTo({ top });
  };

  return (
    <>
      <div
        ref={box}
        className="ob-window"
        onScroll={(event) => {
          setScrollTop(event.currentTarget.scrollTop);
        }}
        onKeyDown={onKeyDown}
      >
        <ul className="ob-window-list" data-testid="samples" style={{ height: view.height }} aria-label={t("datasets.samples")}>
          {Array.from({ length: view.last - view.first }, (_, index) => {
            const place = view.first + index;
            const sample = sampleAt(place);
            const style = {
              width: cellWidth,
              height: cellHeight,
              transform: `translate(${(place % columns) * (cellWidth + GAP)}px, ${Math.floor(place / columns) * rowHeight}px)`,
            };
            return (
              <li
                key={place}
                style={style}
                aria-setsize={total}
                aria-posinset={place + 1}
                onFocus={() => {
                  setFocused(place);
                }}
                onClickCapture={(event) => {
                  if (!event.shiftKey || !sample) return;
                  event.preventDefault();
                  event.stopPropagation();
                  select(place, true, true);
                }}
              >
                {sample ? (
                  <SampleCell
                    sample={sample}
                    content={content}
                    place={place}
                    tabbable={place === active}
                    selected={selected.has(sample.sample_id)}
                    onSelect={(value) => {
                      select(place, value, false);
                    }}
                    onOpen={() => {
                      onOpen(place);
                    }}
                  />
                ) : (
                  <div className="ob-sample ob-sample-blank" aria-hidden />
                )}
              </li>
            );
          })}
        </ul>
      </div>
      {view.reachable < total ? <p className="ob-muted ob-small">{t("samples.beyond", { count: format.number(view.reachable) })}</p> : null}
    </>
  );
}
