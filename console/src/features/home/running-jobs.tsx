import { useQueries } from "@tanstack/react-query";
import { Progress } from "antd";
import { Link } from "react-router";
import { itemsOf } from "@/api/queries/paging";
import { isActiveRun, runsQuery, useExperiments } from "@/api/queries/training";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { StateTag } from "@/ui/state-tag";

const EXPERIMENTS_LOOKED_AT = 5;
const RUNS_OF_EACH = 5;
const POLL_MS = 10_000;

/** Runs on their way in the newest experiments. */
export function RunningJobs({ projectId }: { readonly projectId: number }) {
  const t = useT();
  const experiments = itemsOf(useExperiments(projectId).data).slice(0, EXPERIMENTS_LOOKED_AT);
  const lists = useQueries({
    queries: experiments.map((experiment) => ({
      ...runsQuery(projectId, experiment.experiment_id, RUNS_OF_EACH),
      refetchInterval: POLL_MS,
    })),
  });
  const active = lists.flatMap((list, index) =>
    (list.data?.items ?? [])
      .filter((run) => isActiveRun(run.state))
      .map((run) => ({ run, name: experiments[index]?.name ?? "" })),
  );
  return (
    <Panel title={t("home.running")}>
      {active.length === 0 ? (
        <p className="ob-muted" style={{ margin: 0 }}>
          {t("home.noneRunning")}
        </p>
      ) : (
        <ul className="ob-list">
          {active.map(({ run, name }) => (
            <li key={run.run_id}>
              <Link to={links.run(projectId, run.run_id)}>{t("runs.name", { experiment: name, version: `V${run.version_number}` })}</Link>
              <span className="ob-row">
                <StateTag kind="run" state={run.state} />
                {run.progress?.epochs ? (
                  <Progress
                    size="small"
                    style={{ width: 120, margin: 0 }}
                    percent={Math.round((run.progress.epoch / run.progress.epochs) * 100)}
                    aria-label={t("runs.progress")}
                  />
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
