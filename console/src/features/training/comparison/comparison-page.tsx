import { Table, type TableColumnsType } from "antd";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { useComparison, useExperiment } from "@/api/queries/training";
import type { Comparison } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { shownParameters } from "../shown-parameters";
import { bestRuns, differingParameters, FEWEST, MOST, runIdsOf } from "./comparison";
import { FigureChart } from "./figure-chart";

/** Versions of an experiment side by side: figures, and what was different. */
export function ComparisonPage() {
  const t = useT();
  const projectId = useProjectId();
  const experimentId = useIdParam("experimentId");
  const [params] = useSearchParams();
  const runIds = useMemo(() => runIdsOf(params.get("runs")), [params]);
  const experiment = useExperiment(projectId, experimentId);
  const query = useComparison(projectId, experimentId, runIds);
  return (
    <Page
      title={t("comparison.title")}
      crumbs={[
        { label: t("nav.experiments"), to: links.experiments(projectId) },
        { label: experiment.data?.name ?? t("runs.experiment"), to: links.experiment(projectId, experimentId) },
      ]}
    >
      {runIds.length < FEWEST ? (
        <Panel>
          <EmptyState
            title={t("comparison.few.title")}
            text={t("comparison.few.text", { most: MOST })}
            action={<Link to={links.experiment(projectId, experimentId)}>{t("runs.title")}</Link>}
          />
        </Panel>
      ) : (
        <QueryView query={query}>
          {(comparison) => (
            <>
              <FigureChart comparison={comparison} name={`experiment-${experimentId}-comparison`} />
              <FigureTable projectId={projectId} comparison={comparison} />
              <ParameterTable comparison={comparison} />
            </>
          )}
        </QueryView>
      )}
      <AsCommand command={`bml runs compare ${runIds.join(" ")}`} />
    </Page>
  );
}

interface Row {
  readonly key: string;
  readonly title: string;
  readonly cells: readonly React.ReactNode[];
}

function SideBySide({ title, comparison, rows, head }: { readonly title: string; readonly comparison: Comparison; readonly rows: readonly Row[]; readonly head: (run: Comparison["runs"][number]) => React.ReactNode }) {
  const t = useT();
  const columns: TableColumnsType<Row> = [
    { title: t("comparison.what"), dataIndex: "title" },
    ...comparison.runs.map((run, index): TableColumnsType<Row>[number] => ({ title: head(run), align: "right", render: (_, row) => <span className="ob-num">{row.cells[index]}</span> })),
  ];
  return (
    <Panel title={title}>
      <div className="ob-wide" tabIndex={0} role="region" aria-label={title}>
        <Table size="small" rowKey="key" columns={columns} dataSource={[...rows]} pagination={false} />
      </div>
    </Panel>
  );
}

function FigureTable({ projectId, comparison }: { readonly projectId: number; readonly comparison: Comparison }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const rows = comparison.figures.map((figure) => {
    const best = bestRuns(comparison, figure);
    return {
      key: figure,
      title: maybeT(`metric.${figure}`) ?? figure,
      cells: comparison.runs.map((run) => {
        const value = run.figures[figure];
        if (typeof value !== "number") return "–";
        return best.has(run.run_id) ? <strong key={run.run_id}>{`${format.figure(figure, value)} ★`}</strong> : format.figure(figure, value);
      }),
    };
  });
  const facts: Row[] = [
    { key: "network", title: t("runs.network"), cells: comparison.runs.map((run) => run.network) },
    { key: "threshold", title: t("metric.recommended_threshold"), cells: comparison.runs.map((run) => (run.recommended_threshold === null ? "–" : format.number(run.recommended_threshold, 2))) },
    { key: "time", title: t("runs.trainingTime"), cells: comparison.runs.map((run) => format.duration(run.training_seconds)) },
    { key: "remark", title: t("comparison.remark"), cells: comparison.runs.map((run) => run.remark || "–") },
  ];
  return (
    <div data-testid="comparison">
      <SideBySide title={t("comparison.figures")} comparison={comparison} rows={[...rows, ...facts]} head={(run) => <Link to={links.report(projectId, run.run_id)}>{`V${run.version_number}`}</Link>} />
    </div>
  );
}

function ParameterTable({ comparison }: { readonly comparison: Comparison }) {
  const t = useT();
  const names = differingParameters(comparison);
  if (names.length === 0) {
    return (
      <Panel title={t("comparison.parameters")}>
        <EmptyState title={t("comparison.sameParameters")} />
      </Panel>
    );
  }
  const rows = names.map((name) => ({ key: name, title: name, cells: comparison.runs.map((run) => shownParameters(run.hyper_parameters)[name] ?? "–") }));
  return <SideBySide title={t("comparison.parameters")} comparison={comparison} rows={rows} head={(run) => `V${run.version_number}`} />;
}
