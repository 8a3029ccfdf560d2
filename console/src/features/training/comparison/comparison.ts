import type { Comparison } from "@/api/types";
import { isLowerBetter } from "@/format/figures";
import { shownParameters } from "../shown-parameters";

export const FEWEST = 2;
export const MOST = 10;

/** The runs of an address, without what is no id, as many as can be compared. */
export function runIdsOf(text: string | null): number[] {
  const ids = (text ?? "").split(",").map(Number).filter((id) => Number.isSafeInteger(id) && id > 0);
  return [...new Set(ids)].slice(0, MOST);
}

/** The runs with the best value of a figure; none where it is the same for all. */
export function bestRuns(comparison: Comparison, figure: string): Set<number> {
  const told = comparison.runs.flatMap((run) => {
    const value = run.figures[figure];
    return typeof value === "number" ? [{ id: run.run_id, value }] : [];
  });
  const values = told.map((run) => run.value);
  const best = isLowerBetter(figure) ? Math.min(...values) : Math.max(...values);
  const winners = told.filter((run) => run.value === best);
  return winners.length === told.length ? new Set() : new Set(winners.map((run) => run.id));
}

/** Names of the hyper-parameters that are not the same for all runs. */
export function differingParameters(comparison: Comparison): string[] {
  const sets = comparison.runs.map((run) => shownParameters(run.hyper_parameters));
  const names = [...new Set(sets.flatMap((parameters) => Object.keys(parameters)))];
  return names.filter((name) => new Set(sets.map((parameters) => parameters[name])).size > 1).sort();
}
