import { Alert, Progress } from "antd";
import { useCallback, useMemo } from "react";
import { Link } from "react-router";
import { isActiveSearch, searchKeys, useImportance, useSearch, useTrials } from "@/api/queries/searches";
import { useTrainingCatalog } from "@/api/queries/training";
import type { Search, Trial } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useLanguage, useMaybeT, useT } from "@/i18n";
import { useIsLive, useLiveQueries } from "@/live/use-live";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Facts, Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";
import { BestSoFar, ImportanceChart, ParallelTrials } from "./search-charts";
import { countStates } from "./trials";
import { TrialsTable } from "./trials-table";

const FEWEST_FOR_CHARTS = 2;

export function SearchPage() {
  const projectId = useProjectId();
  const searchId = useIdParam("searchId");
  const known = useSearch(projectId, searchId, false);
  const active = known.data ? isActiveSearch(known.data.state) : false;
  const pollMs = useLiveQueries(`search/${searchId}`, [searchKeys.one(projectId, searchId)], active);
  useSearch(projectId, searchId, pollMs);
  return <QueryView query={known}>{(search) => <SearchView projectId={projectId} search={search} pollMs={pollMs} />}</QueryView>;
}

interface Props {
  readonly projectId: number;
  readonly search: Search;
  readonly pollMs: number | false;
}

function SearchView({ projectId, search, pollMs }: Props) {
  const t = useT();
  const live = useIsLive();
  const trials = useTrials(projectId, search.search_id, pollMs);
  return (
    <Page
      title={t("search.title", { name: search.name })}
      crumbs={[
        { label: t("nav.experiments"), to: links.experiments(projectId) },
        { label: t("search.ofRun"), to: links.run(projectId, search.run_id) },
      ]}
      sub={
        <>
          <StateTag kind="search" state={search.state} />
          <span>{search.network}</span>
          <span>{t(`search.strategy.${search.strategy}`)}</span>
          {isActiveSearch(search.state) ? <span>{live ? t("live.open") : t("live.polling")}</span> : null}
          <CopyText text={search.search_id} />
        </>
      }
    >
      {search.failure ? <Alert type="error" showIcon role="alert" title={search.failure.message} /> : null}
      <QueryView query={trials}>{({ items }) => <Trials projectId={projectId} search={search} trials={items} pollMs={pollMs} />}</QueryView>
      <AsCommand command={`bml searches trials ${search.search_id}`} />
    </Page>
  );
}

function Trials({ projectId, search, trials, pollMs }: Props & { readonly trials: readonly Trial[] }) {
  const t = useT();
  const maybeT = useMaybeT();
  const chinese = useLanguage() === "zh-CN";
  const catalog = useTrainingCatalog().data;
  const importance = useImportance(projectId, search.search_id, pollMs);
  const labels = useMemo(() => new Map(catalog?.search_space.map((entry) => [entry.name, chinese ? entry.label_zh : entry.label_en])), [catalog, chinese]);
  const nameOf = useCallback((parameter: string) => labels.get(parameter) ?? parameter, [labels]);
  const figure = search.quality.replace(/^eval_/, "");
  const quality = maybeT(`metric.${figure}`) ?? figure;
  const measured = trials.filter((trial) => trial.quality !== null).length;
  const name = `search-${search.search_id}`;
  return (
    <>
      <div className="ob-grid">
        <div style={{ gridColumn: "span 4" }}>
          <SearchFacts projectId={projectId} search={search} trials={trials} quality={quality} />
        </div>
        <div style={{ gridColumn: "span 8" }}>
          {measured >= FEWEST_FOR_CHARTS ? (
            <BestSoFar trials={trials} name={name} quality={quality} target={search.config.target ?? null} />
          ) : (
            <Panel>
              <EmptyState title={t(isActiveSearch(search.state) ? "search.waiting.title" : "search.noTrials.title")} text={t(isActiveSearch(search.state) ? "search.waiting.text" : "search.noTrials.text")} />
            </Panel>
          )}
        </div>
      </div>
      {measured >= FEWEST_FOR_CHARTS ? <ParallelTrials trials={trials} name={name} nameOf={nameOf} quality={quality} /> : null}
      {importance.data && importance.data.parameters.length > 0 ? <ImportanceChart importance={importance.data} name={name} /> : null}
      {trials.length > 0 ? (
        <Panel title={t("search.trials")}>
          <TrialsTable trials={trials} best={search.best_trial?.number ?? null} quality={quality} nameOf={nameOf} />
        </Panel>
      ) : null}
    </>
  );
}

interface FactsProps {
  readonly projectId: number;
  readonly search: Search;
  readonly trials: readonly Trial[];
  readonly quality: string;
}

function SearchFacts({ projectId, search, trials, quality }: FactsProps) {
  const t = useT();
  const format = useFormat();
  const counts = countStates(trials);
  const ended = counts.succeeded + counts.failed + counts.stopped;
  const best = search.best_trial;
  const { target, sampling_percent } = search.config;
  return (
    <Panel title={t("search.progress")}>
      <div className="ob-stack-s">
        <Progress
          percent={Math.round((ended / Math.max(1, search.trials_total)) * 100)}
          status={search.state === "failed" ? "exception" : search.state === "finished" ? "success" : "normal"}
          aria-label={t("search.progress")}
        />
        <span className="ob-muted ob-num">{t("search.trialsOf", { ended, total: search.trials_total, running: counts.running, failed: counts.failed })}</span>
        <Facts
          facts={[
            { label: t("search.best"), value: best ? t("search.bestOf", { quality: format.percent(best.quality), number: best.number }) : "–" },
            { label: quality, value: typeof target === "number" ? t("search.target", { value: format.percent(target) }) : t("search.noTarget") },
            { label: t("search.sampling"), value: format.percent(sampling_percent / 100, 0) },
            { label: t("runs.run"), value: <Link to={links.run(projectId, search.run_id)}>{search.name || search.run_id}</Link> },
            { label: t("runs.started"), value: <LocalTime at={search.started_at} /> },
            { label: t("runs.finished"), value: <LocalTime at={search.finished_at} /> },
          ]}
        />
      </div>
    </Panel>
  );
}
