import { Progress } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { useRunMetrics } from "@/api/queries/training";
import type { Run } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { Chart, useChartColours } from "@/ui/chart/chart";
import { EmptyState } from "@/ui/empty";
import { Facts, Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { Duration, LocalTime } from "@/ui/values";
import { curveOption, curveTable, groupCurves, type Curve, type Epoch } from "./curves";
import { secondsLeft } from "./eta";
import { LiveSamples } from "./live-samples";

interface Props {
  readonly projectId: number;
  readonly run: Run;
  readonly pollMs: number | false;
}

export function RunProgress({ projectId, run, pollMs }: Props) {
  const t = useT();
  const metrics = useRunMetrics(projectId, run.run_id, pollMs);
  return (
    <div className="ob-grid">
      <div style={{ gridColumn: "span 4" }}>
        <Stage projectId={projectId} run={run} epochs={metrics.data?.epochs ?? []} />
      </div>
      <div className="ob-stack" style={{ gridColumn: "span 8" }}>
        <QueryView query={metrics}>
          {({ epochs = [] }) =>
            epochs.length === 0 ? (
              <Panel>
                <EmptyState title={t("runs.noEpochs.title")} text={t("runs.noEpochs.text")} />
              </Panel>
            ) : (
              <Curves runId={run.run_id} epochs={epochs} />
            )
          }
        </QueryView>
        <LiveSamples projectId={projectId} runId={run.run_id} pollMs={pollMs} />
      </div>
    </div>
  );
}

function Stage({ projectId, run, epochs: told }: { readonly projectId: number; readonly run: Run; readonly epochs: readonly Epoch[] }) {
  const format = useFormat();
  const left = run.state === "running" ? secondsLeft(told, run.progress) : null;
  const t = useT();
  const maybeT = useMaybeT();
  const epoch = run.progress?.epoch ?? 0;
  const epochs = run.progress?.epochs ?? 0;
  const stage = run.stage ? (maybeT(`stage.${run.stage}`) ?? run.stage) : "–";
  return (
    <Panel title={t("runs.stage")}>
      <div className="ob-stack-s">
        <strong>{stage}</strong>
        <Progress
          percent={epochs > 0 ? Math.round((epoch / epochs) * 100) : run.state === "succeeded" ? 100 : 0}
          status={run.state === "failed" ? "exception" : run.state === "succeeded" ? "success" : "normal"}
          aria-label={t("runs.progress")}
        />
        <span className="ob-muted ob-num">
          {t("runs.epochOf", { epoch, epochs })}
          {left === null ? "" : ` · ${t("runs.timeLeft", { time: format.duration(left) })}`}
        </span>
        {run.search_id ? <Link to={links.search(projectId, run.search_id)}>{t("runs.openSearch")}</Link> : null}
        <Facts
          facts={[
            { label: t("field.created"), value: <LocalTime at={run.created_at} /> },
            { label: t("runs.started"), value: <LocalTime at={run.started_at} /> },
            { label: t("runs.finished"), value: <LocalTime at={run.finished_at} /> },
            { label: t("runs.trainingTime"), value: <Duration seconds={run.training_seconds} /> },
          ]}
        />
      </div>
    </Panel>
  );
}

function Curves({ runId, epochs }: { readonly runId: number; readonly epochs: readonly Epoch[] }) {
  const t = useT();
  const groups = useMemo(() => groupCurves(epochs), [epochs]);
  return (
    <div className="ob-stack" data-testid="curves">
      {groups.losses.length > 0 ? <CurveChart title={t("runs.loss")} name={`run-${runId}-loss`} curves={groups.losses} unit={false} /> : null}
      {groups.scores.length > 0 ? <CurveChart title={t("runs.scores")} name={`run-${runId}-scores`} curves={groups.scores} unit /> : null}
      {groups.rates.length > 0 ? <CurveChart title={t("runs.rate")} name={`run-${runId}-rate`} curves={groups.rates} unit={false} digits={6} /> : null}
    </div>
  );
}

interface CurveChartProps {
  readonly title: string;
  readonly name: string;
  readonly curves: readonly Curve[];
  readonly unit: boolean;
  readonly digits?: number;
}

function CurveChart({ title, name, curves, unit, digits = 3 }: CurveChartProps) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const colours = useChartColours();
  const nameOf = (metric: string): string => maybeT(`metric.${metric}`) ?? metric;
  const texts = {
    epoch: t("chart.epoch"),
    value: unit ? t("chart.share") : title,
    nameOf,
    formatValue: (value: number) => (unit ? format.percent(value) : format.number(value, digits)),
  };
  return (
    <Chart title={title} name={name} option={curveOption(curves, texts, colours, unit)} table={curveTable(curves, texts.epoch, nameOf)} />
  );
}
