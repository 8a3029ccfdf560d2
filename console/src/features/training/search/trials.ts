import type { Trial } from "@/api/types";

/** The best quality after each trial that told one, in their order. */
export function bestSoFar(trials: readonly Trial[]): { readonly number: number; readonly quality: number; readonly best: number }[] {
  let best = Number.NEGATIVE_INFINITY;
  return trials.flatMap((trial) => {
    if (trial.quality === null) return [];
    best = Math.max(best, trial.quality);
    return [{ number: trial.number, quality: trial.quality, best }];
  });
}

/** Names of what the trials vary, in the order they first have it. */
export function parameterNames(trials: readonly Trial[]): string[] {
  return [...new Set(trials.flatMap((trial) => Object.keys(trial.parameters)))];
}

export type ParameterAxis = { readonly name: string; readonly kind: "value" } | { readonly name: string; readonly kind: "log" } | { readonly name: string; readonly kind: "category"; readonly values: readonly string[] };

const MOST_CATEGORIES = 8;
const DECADES = 20;

/** How the axis of a hyper-parameter reads: few values stand side by side, wide positive ranges are logarithmic. */
export function parameterAxes(trials: readonly Trial[]): ParameterAxis[] {
  return parameterNames(trials).map((name) => {
    const values = trials.map((trial) => trial.parameters[name]).filter((value) => value !== undefined);
    const distinct = [...new Set(values)];
    const numbers = distinct.filter((value): value is number => typeof value === "number");
    if (numbers.length < distinct.length || distinct.length <= MOST_CATEGORIES) {
      const sorted = numbers.length === distinct.length ? [...numbers].sort((left, right) => left - right) : distinct;
      return { name, kind: "category", values: sorted.map(String) };
    }
    const low = Math.min(...numbers);
    return { name, kind: low > 0 && Math.max(...numbers) / low > DECADES ? "log" : "value" };
  });
}

/** One line of the parallel coordinates: the parameters in the order of the axes, the quality last. */
export function parallelRows(trials: readonly Trial[], axes: readonly ParameterAxis[]): { readonly number: number; readonly value: (string | number)[] }[] {
  return trials.flatMap((trial) => {
    if (trial.quality === null) return [];
    const value = axes.map((axis) => {
      const found = trial.parameters[axis.name];
      return axis.kind === "category" || typeof found !== "number" ? String(found) : found;
    });
    return [{ number: trial.number, value: [...value, trial.quality] }];
  });
}

export function countStates(trials: readonly Trial[]): Readonly<Record<Trial["state"], number>> {
  const counts = { proposed: 0, running: 0, succeeded: 0, failed: 0, stopped: 0 };
  for (const trial of trials) counts[trial.state] += 1;
  return counts;
}
