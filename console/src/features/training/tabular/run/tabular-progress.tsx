import { Progress } from "antd";
import { useRunMetrics } from "@/api/queries/training";
import { useLeaderboard } from "@/api/queries/tabular";
import type { Run } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { TabularMessages } from "@/i18n/tabular-messages";
import { EmptyState } from "@/ui/empty";
import { Facts, Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { Duration, LocalTime } from "@/ui/values";
import { LiveLeaderboard } from "./live-leaderboard";
import { scorePoints, type ScorePoint } from "./score-points";
import { ScoreCurve } from "./score-curve";

interface Props {
  readonly projectId: number;
  readonly run: Run;
  readonly pollMs: number | false;
}

/** A run on a table while it goes on: its time, the models so far and how the best of them grew. */
export function TabularProgress({ projectId, run, pollMs }: Props) {
  const metrics = useRunMetrics(projectId, run.run_id, pollMs);
  const points = scorePoints(metrics.data?.epochs ?? []);
  return (
    <TabularMessages>
      <div className="ob-grid">
        <div style={{ gridColumn: "span 4" }}>
          <TabularStage run={run} points={points} />
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 8" }}>
          <Leaderboard projectId={projectId} run={run} pollMs={pollMs} />
          {points.length > 0 ? <ScoreCurve points={points} name={`run-${run.run_id}-score`} /> : null}
        </div>
      </div>
    </TabularMessages>
  );
}

function Leaderboard({ projectId, run, pollMs }: Props) {
  const t = useT();
  const leaderboard = useLeaderboard(projectId, run.run_id, pollMs);
  return (
    <Panel title={t("tabular.leaderboard")}>
      <QueryView query={leaderboard}>
        {({ entries }) =>
          entries.length === 0 ? <EmptyState title={t("tabular.noModels.title")} text={t("tabular.noModels.text")} /> : <LiveLeaderboard entries={entries} />
        }
      </QueryView>
    </Panel>
  );
}

function TabularStage({ run, points }: { readonly run: Run; readonly points: readonly ScorePoint[] }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const allowed = run.max_training_minutes * 60;
  const isOver = run.finished_at !== null;
  const share = isOver ? 100 : Math.min(100, Math.round((run.training_seconds / allowed) * 100));
  const latest = points.at(-1);
  return (
    <Panel title={t("runs.stage")}>
      <div className="ob-stack-s">
        <strong>{run.stage ? (maybeT(`stage.${run.stage}`) ?? run.stage) : "–"}</strong>
        <Progress percent={share} status={run.state === "failed" ? "exception" : run.state === "succeeded" ? "success" : "normal"} aria-label={t("tabular.timeUsed")} />
        <span className="ob-muted ob-num">{t("tabular.timeOf", { used: format.duration(run.training_seconds), allowed: format.duration(allowed) })}</span>
        <Facts
          facts={[
            { label: t("tabular.modelsTrained"), value: <span className="ob-num">{latest ? format.number(latest.models) : "–"}</span> },
            { label: t("tabular.bestScore"), value: <span className="ob-num">{latest ? format.compact(latest.best) : "–"}</span> },
            { label: t("field.created"), value: <LocalTime at={run.created_at} /> },
            { label: t("runs.started"), value: <LocalTime at={run.started_at} /> },
            { label: t("runs.finished"), value: <LocalTime at={run.finished_at} /> },
            { label: t("runs.trainingTime"), value: <Duration seconds={run.training_seconds} /> },
          ]}
        />
        {isOver ? null : <span className="ob-small ob-muted">{t("tabular.bestIsKept")}</span>}
      </div>
    </Panel>
  );
}
