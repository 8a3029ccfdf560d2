import { UploadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { VersionRef } from "@/api/queries/datasets";
import { useFirstSamples, type SampleFilter } from "@/api/queries/samples";
import type { DatasetKind } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { BulkBar } from "./bulk-bar";
import { FilterPanel } from "./filter-panel";
import { clearFilter, isFiltered, readFilter, writeFilter, type FilterChange } from "./filters";
import { SampleGrid } from "./sample-grid";
import { SampleViewer } from "./sample-viewer";

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly mayWrite: boolean;
  readonly mayManage: boolean;
  readonly onImport: () => void;
}

/** Filters on the left, kept in the address; samples on the right, fetched for what is in view. */
export function SampleBrowser({ refTo, kind, mayWrite, mayManage, onImport }: Props) {
  const t = useT();
  const [params, setParams] = useSearchParams();
  const filter = readFilter(params);
  const first = useFirstSamples(refTo, filter);
  const change = (changes: FilterChange | null): void => {
    setParams((current) => (changes ? writeFilter(current, changes) : clearFilter(current)), { replace: true });
  };
  if (first.data?.total === 0 && !isFiltered(filter)) {
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
    <>
      <div className="ob-grid">
        <div style={{ gridColumn: "span 3" }}>
          <FilterPanel refTo={refTo} kind={kind} params={params} filter={filter} onChange={change} />
        </div>
        <div style={{ gridColumn: "span 9" }}>
          <Panel>
            <QueryView query={first}>
              {(page) => (
                <Found
                  key={JSON.stringify(filter)}
                  refTo={refTo}
                  kind={kind}
                  filter={filter}
                  total={page.total}
                  stale={first.isPlaceholderData}
                  mayWrite={mayWrite}
                  mayManage={mayManage}
                  onClear={() => {
                    change(null);
                  }}
                />
              )}
            </QueryView>
          </Panel>
        </div>
      </div>
      <AsCommand command={command(refTo, filter)} />
    </>
  );
}

function command(ref: VersionRef, filter: SampleFilter): string {
  const options = [
    filter.label ? `--label ${JSON.stringify(filter.label)}` : "",
    filter.annotation_state ? `--state ${filter.annotation_state}` : "",
    filter.name ? `--name ${JSON.stringify(filter.name)}` : "",
  ];
  return ["bml datasets samples list", String(ref.datasetId), `--version ${ref.versionNumber}`, ...options].filter(Boolean).join(" ");
}

interface FoundProps extends Omit<Props, "onImport"> {
  readonly filter: SampleFilter;
  readonly total: number;
  readonly stale: boolean;
  readonly onClear: () => void;
}

function Found({ refTo, kind, filter, total, stale, mayWrite, mayManage, onClear }: FoundProps) {
  const t = useT();
  const format = useFormat();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [opened, setOpened] = useState<number | null>(null);
  const select = (sampleIds: readonly number[], value: boolean): void => {
    setSelected((current) => {
      const next = new Set(current);
      for (const id of sampleIds) {
        if (value) next.add(id);
        else next.delete(id);
      }
      return next;
    });
  };
  return (
    <div className="ob-stack-s" aria-busy={stale} style={stale ? { opacity: 0.6 } : undefined}>
      <div className="ob-between">
        <span role="status" data-testid="sample-total" className="ob-num">
          {t("samples.found", { count: total })}
        </span>
        {isFiltered(filter) ? (
          <Button size="small" type="link" onClick={onClear}>
            {t("samples.clearFilter")}
          </Button>
        ) : (
          <span className="ob-muted ob-small">{t("samples.keys")}</span>
        )}
      </div>
      {mayWrite ? (
        <BulkBar
          refTo={refTo}
          kind={kind}
          filter={filter}
          total={total}
          selected={selected}
          mayManage={mayManage}
          onDone={() => {
            setSelected(new Set());
          }}
        />
      ) : null}
      {total === 0 ? (
        <EmptyState title={t("samples.noMatch")} action={<Button onClick={onClear}>{t("samples.clearFilter")}</Button>} />
      ) : (
        <SampleGrid refTo={refTo} filter={filter} content={kind.content} total={total} selected={selected} onSelect={select} onOpen={setOpened} />
      )}
      <SampleViewer
        refTo={refTo}
        kind={kind}
        filter={filter}
        place={opened}
        total={total}
        mayWrite={mayWrite}
        mayManage={mayManage}
        title={(place) => t("samples.place", { place: format.number(place + 1), total: format.number(total) })}
        onMove={setOpened}
      />
    </div>
  );
}
