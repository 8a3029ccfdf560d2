import { UploadOutlined } from "@ant-design/icons";
import { Button, Pagination } from "antd";
import { useRef, useState } from "react";
import { ApiError } from "@/api/errors";
import type { VersionRef } from "@/api/queries/datasets";
import { TABLE_PAGE_ROWS, useRowPages, useTableSchema } from "@/api/queries/samples";
import type { Schemas } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { QueryView } from "@/ui/query-view";
import { Cell } from "../importing/table-choice";
import { pagesOf, windowOf } from "./windowing";

interface Props {
  readonly refTo: VersionRef;
  readonly mayImport: boolean;
  readonly onImport: () => void;
}

const ROW_PIXELS = 32;
const HEIGHT = 560;
const HEAD_PIXELS = 46;
const COLUMN_PIXELS = 160;
const COLUMNS_AT_ONCE = 60;

/** The rows of a table, fetched for what is in view. */
export function TableRows({ refTo, mayImport, onImport }: Props) {
  const t = useT();
  const format = useFormat();
  const schema = useTableSchema(refTo);
  const isEmpty = schema.data?.rows === 0 || (schema.error instanceof ApiError && schema.error.isMissing);
  if (isEmpty) {
    return (
      <Panel>
        <EmptyState
          title={t("samples.empty.title")}
          text={t("table.empty")}
          action={
            <Button type="primary" icon={<UploadOutlined />} disabled={!mayImport} onClick={onImport}>
              {t("imports.start")}
            </Button>
          }
        />
      </Panel>
    );
  }
  return (
    <>
      <Panel>
        <QueryView query={schema}>
          {(found) => (
            <div className="ob-stack-s">
              <span className="ob-num" role="status" data-testid="sample-total">
                {t("table.summary", { rows: found.rows, columns: format.number(found.columns.length), size: format.bytes(found.size_bytes) })}
              </span>
              <Rows refTo={refTo} schema={found} />
            </div>
          )}
        </QueryView>
      </Panel>
      <AsCommand command={`bml datasets rows ${refTo.datasetId} --version ${refTo.versionNumber}`} />
    </>
  );
}

function Rows({ refTo, schema }: { readonly refTo: VersionRef; readonly schema: Schemas["SchemaView"] }) {
  const t = useT();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [columnPage, setColumnPage] = useState(1);
  const [firstPage] = useRowPages(refTo, [0]);
  const browsable = firstPage?.data?.browsable ?? Math.min(schema.rows, TABLE_PAGE_ROWS);
  const view = windowOf({ count: browsable, columns: 1, rowHeight: ROW_PIXELS, scrollTop, viewport: HEIGHT, overscanRows: 8 });
  const pages = pagesOf(view.first, view.last, TABLE_PAGE_ROWS);
  const queries = useRowPages(refTo, pages);
  const failed = queries.find((query) => query.error && !query.data);
  if (failed?.error) return <Problem error={failed.error} onRetry={() => void failed.refetch()} />;
  const from = (columnPage - 1) * COLUMNS_AT_ONCE;
  const columns = schema.columns.slice(from, from + COLUMNS_AT_ONCE);
  const width = (columns.length + 1) * COLUMN_PIXELS;
  return (
    <>
      <div
        ref={box}
        tabIndex={0}
        role="table"
        aria-label={t("table.rows")}
        aria-rowcount={schema.rows + 1}
        style={{ height: HEIGHT, overflow: "auto", position: "relative" }}
        onScroll={(event) => {
          setScrollTop(event.currentTarget.scrollTop);
        }}
      >
        <div className="ob-rows" role="rowgroup" style={{ width, height: view.height + HEAD_PIXELS }}>
          <div role="row" className="ob-rows-line ob-rows-head" aria-rowindex={1} style={{ top: 0, position: "sticky" }}>
            <span role="columnheader">#</span>
            {columns.map((column) => (
              <span role="columnheader" key={column.name} title={column.raw_name}>
                {column.name}
                <small>{column.type}</small>
              </span>
            ))}
          </div>
          {Array.from({ length: view.last - view.first }, (_, index) => {
            const place = view.first + index;
            const row = queries[pages.indexOf(Math.floor(place / TABLE_PAGE_ROWS))]?.data?.rows[place % TABLE_PAGE_ROWS];
            return (
              <div key={place} role="row" aria-rowindex={place + 2} className="ob-rows-line" style={{ transform: `translateY(${HEAD_PIXELS + place * ROW_PIXELS}px)` }}>
                <span role="rowheader" className="ob-muted ob-num">
                  {format.number(place + 1)}
                </span>
                {columns.map((column, cell) => (
                  <span role="cell" key={column.name}>
                    {row ? <Cell value={row[from + cell]} /> : "…"}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {schema.columns.length > COLUMNS_AT_ONCE ? (
        <Pagination
          size="small"
          current={columnPage}
          pageSize={COLUMNS_AT_ONCE}
          total={schema.columns.length}
          showSizeChanger={false}
          showTotal={(count) => t("table.columnPages", { count })}
          onChange={setColumnPage}
        />
      ) : null}
      {browsable < schema.rows ? <p className="ob-muted ob-small">{t("table.browsable", { count: browsable })}</p> : null}
    </>
  );
}
