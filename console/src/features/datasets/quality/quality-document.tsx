import { Button, Table, type TableColumnsType } from "antd";
import { useMemo, type ReactNode } from "react";
import { Link } from "react-router";
import { useQualityDocument, type QualityReport } from "@/api/queries/data-jobs";
import type { VersionRef } from "@/api/queries/datasets";
import type { Schemas } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { ColumnProfiles } from "./column-profiles";
import { balanceChart, histogram, type Distribution } from "./quality-charts";

interface Props {
  readonly refTo: VersionRef;
  readonly reportId: number;
  readonly mayWrite: boolean;
  readonly onClean: (operator: string) => void;
}

/** Findings first, then the figures they come from. */
export function QualityDocument({ refTo, reportId, mayWrite, onClean }: Props) {
  const t = useT();
  return (
    <QueryView query={useQualityDocument(refTo, reportId)}>
      {(report) => (
        <div className="ob-stack" data-testid="quality-document">
          <Panel title={t("quality.findings")}>
            <Findings refTo={refTo} report={report} mayWrite={mayWrite} onClean={onClean} />
          </Panel>
          <Figures report={report} />
          {report.balance && report.balance.labels.length > 0 ? <Balance balance={report.balance} /> : null}
          <Distributions report={report} />
          {report.images ? <Groups refTo={refTo} images={report.images} /> : null}
          {report.table ? <ColumnProfiles table={report.table} /> : null}
        </div>
      )}
    </QueryView>
  );
}

const COLOURS = { serious: "var(--ob-error)", warning: "#d89614", info: "var(--ob-primary)" } as const;

function SampleLinks({ refTo, samples }: { readonly refTo: VersionRef; readonly samples: readonly Schemas["SampleRef"][] }) {
  const address = `${links.dataset(refTo.projectId, refTo.datasetId)}?version=${refTo.versionNumber}&tab=samples&q=`;
  return (
    <span className="ob-small">
      {samples.slice(0, 6).map((sample, index) => (
        <span key={sample.sample_id}>
          {index > 0 ? ", " : ""}
          <Link to={address + encodeURIComponent(sample.name)}>{sample.name}</Link>
        </span>
      ))}
      {samples.length > 6 ? " …" : ""}
    </span>
  );
}

function Findings({ refTo, report, mayWrite, onClean }: Omit<Props, "reportId"> & { readonly report: QualityReport }) {
  const t = useT();
  const maybeT = useMaybeT();
  if (report.findings.length === 0) return <EmptyState title={t("quality.clean")} />;
  return (
    <ul className="ob-list" data-testid="findings">
      {report.findings.map((finding, index) => (
        <li key={index} style={{ alignItems: "flex-start" }}>
          <span className="ob-state-tag" style={{ width: 84 }}>
            <span className="ob-dot" style={{ color: COLOURS[finding.severity] }} aria-hidden />
            {t(`quality.severity.${finding.severity}`)}
          </span>
          <div style={{ flex: 1, minWidth: 0 }}>
            <div>{finding.message}</div>
            <div className="ob-muted ob-small">{finding.advice}</div>
            <SampleLinks refTo={refTo} samples={finding.samples} />
          </div>
          {finding.operator && mayWrite ? (
            <Button
              size="small"
              onClick={() => {
                onClean(finding.operator ?? "");
              }}
            >
              {maybeT(`operator.${finding.operator}`) ?? t("derive.cleanings")}
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Figures({ report }: { readonly report: QualityReport }) {
  const t = useT();
  const format = useFormat();
  const { balance, images, texts, regions, sequences, sounds, table } = report;
  const figures: [string, string][] = [];
  const add = (name: Parameters<typeof t>[0], value: number | null | undefined, digits = 0): void => {
    if (value !== null && value !== undefined) figures.push([t(name), format.number(value, digits)]);
  };
  add(table ? "quality.rows" : "datasets.samples", report.samples);
  add("samples.labelled", balance?.labelled);
  add("quality.labelCount", balance?.label_count);
  add("quality.ratio", balance?.ratio, 1);
  add("quality.broken", images?.broken ?? sounds?.broken);
  add("quality.identical", images?.identical.extra ?? texts?.duplicates.extra);
  add("quality.similar", images?.similar.extra);
  add("quality.regions", regions?.regions);
  add("quality.tiny", regions?.tiny);
  add("quality.overlapping", regions?.overlapping);
  add("quality.vocabulary", texts?.vocabulary);
  add("quality.emptyTexts", texts?.empty);
  add("quality.chunks", sequences?.chunks);
  add("quality.illegal", sequences?.illegal);
  add("quality.silent", sounds?.silent);
  add("quality.clipped", sounds?.clipped);
  add("quality.columns", table?.column_count);
  add("quality.duplicateRows", table?.duplicate_rows);
  return (
    <div className="ob-metrics">
      {figures.map(([name, value]) => (
        <div className="ob-metric" key={name}>
          <b>{value}</b>
          <span>{name}</span>
        </div>
      ))}
    </div>
  );
}

function Balance({ balance }: { readonly balance: Schemas["Balance"] }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const chart = useMemo(
    () => balanceChart(balance.labels, colours, { label: t("labels.name"), samples: t("datasets.samples"), uses: t("quality.uses"), number: (value) => format.number(value) }),
    [balance, colours, format, t],
  );
  return <Chart title={t("quality.balance")} name="label-balance" option={chart.option} table={chart.table} height={chart.height} />;
}

type Measured = readonly [Parameters<ReturnType<typeof useT>>[0], Distribution | null | undefined];

function measuredOf(report: QualityReport): Measured[] {
  const { images, regions, texts, sequences, sounds } = report;
  return [
    ["quality.width", images?.width],
    ["quality.height", images?.height],
    ["quality.aspect", images?.aspect],
    ["quality.sizeKb", images?.size_kb],
    ["quality.brightness", images?.brightness],
    ["quality.sharpness", images?.sharpness],
    ["quality.perSample", regions?.per_sample],
    ["quality.areaShare", regions?.area_share],
    ["quality.regionAspect", regions?.aspect],
    ["quality.side", regions?.side_pixels],
    ["quality.textLength", texts?.length],
    ["quality.sentenceLength", sequences?.sentence_length],
    ["quality.chunkLength", sequences?.chunk_length],
    ["quality.duration", sounds?.duration_s],
    ["quality.level", sounds?.level_db],
  ];
}

function Distributions({ report }: { readonly report: QualityReport }) {
  const found = measuredOf(report).filter((one): one is readonly [Measured[0], Distribution] => Boolean(one[1]));
  if (found.length === 0) return null;
  return (
    <div className="ob-grid">
      {found.map(([name, distribution]) => (
        <div key={name} style={{ gridColumn: "span 4" }}>
          <Histogram name={name} distribution={distribution} />
        </div>
      ))}
    </div>
  );
}

function Histogram({ name, distribution }: { readonly name: Measured[0]; readonly distribution: Distribution }) {
  const t = useT();
  const format = useFormat();
  const colours = useChartColours();
  const chart = useMemo(() => {
    const range = distribution.max - distribution.min;
    const digits = range > 20 ? 0 : range > 2 ? 1 : 2;
    return histogram(distribution.edges, distribution.counts, colours, { value: t(name), count: t("quality.count"), number: (value) => format.number(value, digits) });
  }, [distribution, colours, format, name, t]);
  const number = (value: number): string => format.number(value, Math.abs(value) < 10 ? 2 : 0);
  return (
    <>
      <Chart title={t(name)} name={name} option={chart.option} table={chart.table} height={190} />
      <div className="ob-muted ob-small ob-num" style={{ padding: "4px 2px" }}>
        {t("quality.quantiles", { min: number(distribution.min), median: number(distribution.p50), max: number(distribution.max) })}
      </div>
    </>
  );
}

function Groups({ refTo, images }: { readonly refTo: VersionRef; readonly images: Schemas["ImageQuality"] }) {
  const t = useT();
  const rows = [
    ...images.identical.listed.map((group) => ({ ...group, sort: "identical" as const })),
    ...images.similar.listed.map((group) => ({ ...group, sort: "similar" as const })),
  ];
  if (rows.length === 0) return null;
  const columns: TableColumnsType<(typeof rows)[number]> = [
    { title: t("quality.group"), render: (_, row) => t(`quality.${row.sort}`) },
    { title: t("datasets.samples"), dataIndex: "count", align: "right" },
    { title: t("samples.labels"), render: (_, row): ReactNode => (row.labels_differ ? <strong>{t("quality.labelsDiffer")}</strong> : null) },
    { title: t("quality.examples"), render: (_, row) => <SampleLinks refTo={refTo} samples={row.samples} /> },
  ];
  return (
    <Panel title={t("quality.groups")}>
      <Table size="small" rowKey={(row) => `${row.sort} ${row.samples[0]?.sample_id ?? 0}`} columns={columns} dataSource={rows} pagination={{ pageSize: 10, hideOnSinglePage: true }} scroll={{ x: "max-content" }} />
    </Panel>
  );
}
