import { DownloadOutlined } from "@ant-design/icons";
import { Button, Table, type TableColumnsType } from "antd";
import type { UsageRow } from "@/api/serving";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { toCsv } from "@/ui/chart/table";
import { Panel } from "@/ui/page";
import { saveFile } from "@/ui/save-file";

interface Props {
  readonly rows: readonly UsageRow[];
  readonly names: ReadonlyMap<string, string>;
  readonly from: string;
  readonly to: string;
}

const PAGE = 20;

/** Every row as the platform counts it, to read and to take away. */
export function UsageTable({ rows, names, from, to }: Props) {
  const t = useT();
  const format = useFormat();
  const nameOf = (id: number): string => names.get(String(id)) ?? String(id);
  const meanOf = (row: UsageRow): number | null => (row.calls > 0 ? row.duration_ms / row.calls : null);
  const columns: TableColumnsType<UsageRow> = [
    { title: t("statistics.by.day"), dataIndex: "day", sorter: (left, right) => left.day.localeCompare(right.day), defaultSortOrder: "descend" },
    { title: t("statistics.by.service"), render: (_, row) => nameOf(row.service_id) },
    { title: t("statistics.by.application"), render: (_, row) => nameOf(row.app_id) },
    { title: t("field.version"), render: (_, row) => (row.model_version === null ? t("statistics.noModel") : `V${row.model_version}`) },
    { title: t("statistics.calls"), align: "right", sorter: (left, right) => left.calls - right.calls, render: (_, row) => <span className="ob-num">{format.number(row.calls)}</span> },
    { title: t("statistics.errors"), align: "right", render: (_, row) => <span className="ob-num">{format.number(row.errors)}</span> },
    { title: t("statistics.meanMs"), align: "right", render: (_, row) => <span className="ob-num">{format.number(meanOf(row) ?? 0, 1)}</span> },
  ];
  const download = (): void => {
    const csv = toCsv({
      columns: ["day", "service_id", "service", "app_id", "application", "model_version", "calls", "errors", "mean_ms"],
      rows: rows.map((row) => [row.day, String(row.service_id), nameOf(row.service_id), String(row.app_id), nameOf(row.app_id), row.model_version, row.calls, row.errors, meanOf(row)]),
    });
    saveFile(new Blob([csv], { type: "text/csv" }), `calls-${from}-${to}.csv`);
  };
  return (
    <Panel
      title={t("statistics.rows")}
      extra={
        <Button icon={<DownloadOutlined />} onClick={download}>
          {t("statistics.csv")}
        </Button>
      }
    >
      <Table
        size="small"
        rowKey={(row) => `${row.day}/${row.service_id}/${row.app_id}/${row.model_version ?? ""}`}
        columns={columns}
        dataSource={[...rows]}
        pagination={{ pageSize: PAGE, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: "max-content" }}
      />
    </Panel>
  );
}
