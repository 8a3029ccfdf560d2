import { DownloadOutlined, LineChartOutlined, PictureOutlined, TableOutlined } from "@ant-design/icons";
import { Button, Skeleton, Table, theme, Tooltip } from "antd";
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";
import { useT } from "@/i18n";
import { openDownload, saveFile } from "../save-file";
import { toCsv, type ChartTable } from "./table";

const ChartCanvas = lazy(() => import("./canvas"));

export interface ChartColours {
  readonly series: readonly string[];
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly low: string;
  readonly high: string;
}

/** Colours that stay apart for colour-blind readers (Okabe and Ito), matched to the theme. */
export function useChartColours(): ChartColours {
  const { token } = theme.useToken();
  return useMemo(
    () => ({
      series: [token.colorPrimary, "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"],
      text: token.colorText,
      muted: token.colorTextSecondary,
      line: token.colorBorderSecondary,
      surface: token.colorBgElevated,
      low: token.colorBgContainer,
      high: token.colorPrimary,
    }),
    [token],
  );
}

interface Props {
  readonly title: string;
  readonly name: string;
  readonly option: EChartsCoreOption;
  readonly table: ChartTable;
  readonly height?: number;
  readonly extra?: ReactNode;
  readonly footer?: ReactNode;
}

/** A chart with its numbers as a table and as files. */
export function Chart({ title, name, option, table, height = 260, extra, footer }: Props) {
  const t = useT();
  const [asTable, setAsTable] = useState(false);
  const [chart, setChart] = useState<EChartsType | null>(null);
  const tool = (text: string, icon: ReactNode, onClick: () => void) => (
    <Tooltip title={text}>
      <Button type="text" size="small" icon={icon} aria-label={text} onClick={onClick} />
    </Tooltip>
  );
  return (
    <section className="ob-panel" aria-label={title}>
      <div className="ob-between" style={{ marginBottom: 8 }}>
        <h2 className="ob-h2" style={{ fontSize: 14 }}>
          {title}
        </h2>
        <div className="ob-row" style={{ gap: 2 }}>
          {extra}
          {tool(asTable ? t("chart.asChart") : t("chart.asTable"), asTable ? <LineChartOutlined /> : <TableOutlined />, () => {
            setAsTable(!asTable);
          })}
          {tool(t("chart.csv"), <DownloadOutlined />, () => {
            saveFile(new Blob([toCsv(table)], { type: "text/csv" }), `${name}.csv`);
          })}
          {asTable
            ? null
            : tool(t("chart.png"), <PictureOutlined />, () => {
                const url = chart?.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: "#ffffff" });
                if (url) openDownload(url, `${name}.png`);
              })}
        </div>
      </div>
      {asTable ? (
        <Table
          size="small"
          rowKey={(_, index) => String(index)}
          pagination={false}
          scroll={{ y: height - 40, x: "max-content" }}
          columns={table.columns.map((column, index) => ({ title: column, render: (_: unknown, row: ChartTable["rows"][number]) => row[index] ?? "" }))}
          dataSource={[...table.rows]}
        />
      ) : (
        <Suspense fallback={<Skeleton.Node active style={{ width: "100%", height }} />}>
          <ChartCanvas
            option={option}
            height={height}
            label={title}
            onReady={setChart}
          />
        </Suspense>
      )}
      {footer}
    </section>
  );
}
