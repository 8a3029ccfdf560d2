import { Button, Table, Tag, type TableColumnsType } from "antd";
import { useNavigate } from "react-router";
import type { Run } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import type { Subnet } from "./report";

interface Props {
  readonly projectId: number;
  readonly run: Run | undefined;
  readonly subnets: readonly Subnet[];
}

/** What an architecture search found, the best first; one of them can be trained on (spec 03 section 6). */
export function Subnets({ projectId, run, subnets }: Props) {
  const t = useT();
  const format = useFormat();
  const navigate = useNavigate();
  if (subnets.length === 0) return null;
  const columns: TableColumnsType<Subnet> = [
    {
      title: t("report.subnets.number"),
      dataIndex: "subnet_id",
      render: (number: number, row) => (
        <>
          {number} {row.on_front ? <Tag color="blue">{t("report.subnets.front")}</Tag> : null}
        </>
      ),
    },
    { title: t("report.subnets.quality"), dataIndex: "quality", align: "right", sorter: (left, right) => left.quality - right.quality, render: (value: number) => format.percent(value) },
    { title: t("report.subnets.latency"), dataIndex: "latency_ms", align: "right", sorter: (left, right) => left.latency_ms - right.latency_ms, render: (value: number) => format.number(value) },
    { title: t("report.subnets.parameters"), dataIndex: "parameters", align: "right", render: (value: number) => format.number(value) },
    { title: t("report.subnets.input"), dataIndex: ["subnet", "input_size"], align: "right" },
    {
      key: "train",
      align: "right",
      render: (_, row) =>
        run ? (
          <Button size="small" onClick={() => void navigate(links.newRunOfSubnet(projectId, run.experiment_id, run.run_id, row.subnet_id))}>
            {t("report.subnets.train")}
          </Button>
        ) : null,
    },
  ];
  return (
    <Panel title={t("report.subnets.title")}>
      <Table<Subnet> rowKey="subnet_id" size="small" columns={columns} dataSource={[...subnets]} pagination={{ pageSize: 20, hideOnSinglePage: true }} />
    </Panel>
  );
}
