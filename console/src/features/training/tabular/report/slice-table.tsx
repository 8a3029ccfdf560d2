import { Table, type TableColumnsType } from "antd";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import type { Slice } from "./tabular-report";

const PAGE = 10;

/** Parts of the rows in which the model fails more than elsewhere. */
export function SliceTable({ slices, metric }: { readonly slices: readonly Slice[]; readonly metric: string }) {
  const t = useT();
  const maybeT = useMaybeT();
  const said = useSaid();
  const format = useFormat();
  const judged = slices[0]?.metric ?? metric;
  const figure = (value: number) => <span className="ob-num">{format.figure(judged, value)}</span>;
  const columns: TableColumnsType<Slice> = [
    { title: t("tabular.where"), render: (_, slice) => <span style={{ overflowWrap: "anywhere" }}>{said(slice.value_en, slice.value_zh)}</span> },
    { title: t("tabular.rows"), align: "right", width: 100, sorter: (left, right) => left.rows - right.rows, render: (_, slice) => <span className="ob-num">{format.number(slice.rows)}</span> },
    { title: t("tabular.inSlice", { metric: maybeT(`metric.${judged}`) ?? judged }), align: "right", width: 190, render: (_, slice) => figure(slice.score) },
    { title: t("tabular.overall"), align: "right", width: 110, render: (_, slice) => figure(slice.overall) },
    { title: t("tabular.difference"), align: "right", width: 120, sorter: (left, right) => Math.abs(left.difference) - Math.abs(right.difference), render: (_, slice) => <span className="ob-fault">{figure(slice.difference)}</span> },
  ];
  return (
    <Panel title={t("tabular.slices")}>
      <div data-testid="slices">
        {slices.length === 0 ? (
          <EmptyState title={t("tabular.noSlices.title")} text={t("tabular.noSlices.text")} />
        ) : (
          <div className="ob-wide" tabIndex={0} role="region" aria-label={t("tabular.slices")}>
            <Table size="small" rowKey={(slice) => `${slice.column}=${slice.value_en}`} columns={columns} dataSource={[...slices]} showSorterTooltip={false} pagination={{ pageSize: PAGE, hideOnSinglePage: true, showSizeChanger: false }} />
          </div>
        )}
      </div>
    </Panel>
  );
}
