import { Switch, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useModel } from "@/api/queries/models";
import { useFrameworkName, useVersionComparison } from "@/api/queries/repository";
import type { ComparedRow, VersionComparison } from "@/api/serving";
import { isLowerBetter } from "@/format/figures";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";
import { bestOf } from "./best";

export function VersionComparisonPage() {
  const t = useT();
  const projectId = useProjectId();
  const modelId = useIdParam("modelId");
  const [params] = useSearchParams();
  const wanted = (params.get("versions") ?? "").split(",").map(Number).filter((version) => version > 0);
  const model = useModel(projectId, modelId);
  const query = useVersionComparison(projectId, modelId, wanted);
  const name = model.data?.name ?? "";
  return (
    <Page
      title={t("models.compare")}
      crumbs={[
        { label: t("nav.models"), to: links.models(projectId) },
        { label: name, to: links.model(projectId, modelId) },
      ]}
    >
      {wanted.length < 2 ? (
        <Panel>
          <EmptyState title={t("models.compareFew")} action={<Link to={links.model(projectId, modelId)}>{t("models.versions")}</Link>} />
        </Panel>
      ) : (
        <QueryView query={query}>{(comparison) => <SideBySide projectId={projectId} modelId={modelId} comparison={comparison} />}</QueryView>
      )}
      <AsCommand command={`bml models compare ${modelId} ${wanted.join(" ")}`} />
    </Page>
  );
}

interface Props {
  readonly projectId: number;
  readonly modelId: number;
  readonly comparison: VersionComparison;
}

function SideBySide({ projectId, modelId, comparison }: Props) {
  const t = useT();
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const rows = comparison.rows.filter((row) => row.differs || !onlyDifferent);
  const columns: TableColumnsType<ComparedRow> = [
    { title: t("models.comparison.what"), width: 220, render: (_, row) => <RowName row={row} /> },
    ...comparison.versions.map((version, place) => ({
      title: <Link to={links.modelVersion(projectId, modelId, version)}>{`V${version}`}</Link>,
      render: (_: unknown, row: ComparedRow) => <Value projectId={projectId} row={row} place={place} />,
    })),
  ];
  const toggle = (
    <label className="ob-row">
      <Switch size="small" checked={onlyDifferent} onChange={setOnlyDifferent} aria-label={t("models.comparison.onlyDifferent")} />
      {t("models.comparison.onlyDifferent")}
    </label>
  );
  return (
    <Panel title={t("models.compare")} extra={toggle}>
      <div data-testid="comparison" className="ob-wide" tabIndex={0} role="region" aria-label={t("models.compare")}>
        <Table
          size="small"
          rowKey={(row) => `${row.group}/${row.name}`}
          columns={columns}
          dataSource={rows}
          pagination={false}
          rowClassName={(row) => (row.differs ? "ob-differs" : "")}
        />
      </div>
    </Panel>
  );
}

function RowName({ row }: { readonly row: ComparedRow }) {
  const t = useT();
  const maybeT = useMaybeT();
  const name = (row.group === "metric" ? maybeT(`metric.${row.name}`) : maybeT(`models.comparison.${row.name}`)) ?? row.name;
  return (
    <span>
      {name}
      {row.differs ? <span className="ob-visually-hidden">{t("models.comparison.differs")}</span> : null}
    </span>
  );
}

function Value({ projectId, row, place }: { readonly projectId: number; readonly row: ComparedRow; readonly place: number }) {
  const format = useFormat();
  const frameworkName = useFrameworkName(projectId);
  const value = row.values[place] ?? null;
  if (value === null) return <span className="ob-muted">–</span>;
  const isBest = row.group === "metric" && bestOf(row.values, isLowerBetter(row.name)).has(place);
  if (row.name === "created_at" && typeof value === "string") return <LocalTime at={value} />;
  if (row.name === "state" && typeof value === "string") return <StateTag kind="model" state={value} />;
  if (row.name === "framework" && typeof value === "string") return frameworkName({ framework: value, network: value });
  if (typeof value === "string") return <span className={row.group === "hyper_parameter" ? "ob-mono ob-breaks" : "ob-breaks"}>{value}</span>;
  const told = (): string => {
    if (row.group === "metric") return format.figure(row.name, value);
    if (row.name.endsWith("_bytes")) return format.bytes(value);
    if (row.name.endsWith("_ms")) return `${format.number(value, 1)} ms`;
    return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(2) : format.compact(value);
  };
  return <span className="ob-num">{isBest ? <strong>{`${told()} ★`}</strong> : told()}</span>;
}
