import { UploadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { useLabels, useSamples, type SampleFilter, type VersionRef } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { Sample } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { SampleViewer } from "./sample-viewer";

interface Props {
  readonly refTo: VersionRef;
  readonly sampleCount: number;
  readonly onImport: () => void;
}

const EVERYTHING: SampleFilter = { label: null, state: null };

/** Label filter with counts on the left, thumbnails on the right; more are fetched while scrolling. */
export function SampleBrowser({ refTo, sampleCount, onImport }: Props) {
  const t = useT();
  const [filter, setFilter] = useState<SampleFilter>(EVERYTHING);
  const [shown, setShown] = useState<Sample | null>(null);
  if (sampleCount === 0) {
    return (
      <Panel>
        <EmptyState
          title={t("samples.empty.title")}
          text={t("samples.empty.text")}
          action={
            <Button type="primary" icon={<UploadOutlined />} onClick={onImport}>
              {t("imports.start")}
            </Button>
          }
        />
      </Panel>
    );
  }
  return (
    <div className="ob-grid">
      <div style={{ gridColumn: "span 3" }}>
        <LabelFilter refTo={refTo} sampleCount={sampleCount} value={filter} onChange={setFilter} />
      </div>
      <div style={{ gridColumn: "span 9" }}>
        <SampleGrid refTo={refTo} filter={filter} onOpen={setShown} />
      </div>
      <SampleViewer
        refTo={refTo}
        sample={shown}
        onClose={() => {
          setShown(null);
        }}
      />
    </div>
  );
}

interface LabelFilterProps {
  readonly refTo: VersionRef;
  readonly sampleCount: number;
  readonly value: SampleFilter;
  readonly onChange: (filter: SampleFilter) => void;
}

function LabelFilter({ refTo, sampleCount, value, onChange }: LabelFilterProps) {
  const t = useT();
  const format = useFormat();
  const query = useLabels(refTo);
  const row = (key: string, text: string, filter: SampleFilter, count: number | null) => (
    <li key={key}>
      <button
        type="button"
        aria-pressed={filter.label === value.label && filter.state === value.state}
        onClick={() => {
          onChange(filter);
        }}
      >
        <span style={{ overflowWrap: "anywhere" }}>{text}</span>
        <span className="ob-num ob-muted">{count === null ? "" : format.number(count)}</span>
      </button>
    </li>
  );
  return (
    <Panel title={t("samples.labels")}>
      <QueryView query={query}>
        {(labels) => (
          <ul className="ob-filter">
            {row("all", t("samples.all"), EVERYTHING, sampleCount)}
            {row("unlabelled", t("samples.unlabelled"), { label: null, state: "unlabelled" }, null)}
            {labels.items.map((label) => row(`label-${label.name}`, label.name, { label: label.name, state: null }, label.sample_count))}
          </ul>
        )}
      </QueryView>
    </Panel>
  );
}

interface GridProps {
  readonly refTo: VersionRef;
  readonly filter: SampleFilter;
  readonly onOpen: (sample: Sample) => void;
}

function SampleGrid({ refTo, filter, onOpen }: GridProps) {
  const t = useT();
  const query = useSamples(refTo, filter);
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    const mark = end.current;
    if (!mark || !hasNextPage || isFetchingNextPage) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) void fetchNextPage();
    }, { rootMargin: "400px" });
    observer.observe(mark);
    return () => {
      observer.disconnect();
    };
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Panel>
      <QueryView query={query}>
        {(data) => {
          const samples = itemsOf(data);
          if (samples.length === 0) return <EmptyState title={t("samples.noMatch")} />;
          return (
            <>
              <ul className="ob-thumbs" data-testid="samples">
                {samples.map((sample) => (
                  <li key={sample.sample_id}>
                    <button
                      type="button"
                      className="ob-thumb"
                      onClick={() => {
                        onOpen(sample);
                      }}
                    >
                      <img src={sample.thumbnail_url} alt={sample.name} loading="lazy" decoding="async" />
                      <div>{sample.labels.map((label) => label.name).join(", ") || t("samples.unlabelled")}</div>
                    </button>
                  </li>
                ))}
              </ul>
              <div ref={end} />
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}
