import type { MinuteMetrics, Role } from "@/api/serving";

export interface LivePoint {
  readonly at: number;
  readonly qps: number;
  /** Share of the calls that failed; null without calls. */
  readonly errorShare: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
}

const MINUTE_MS = 60_000;
const SECONDS = 60;

/** One point a minute, those without calls as well: a gap would read as a line between its neighbours. */
export function liveSeries(metrics: readonly MinuteMetrics[], role: Role, minutes: number, now: number): LivePoint[] {
  const known = new Map(metrics.filter((entry) => entry.role === role).map((entry) => [Math.floor(Date.parse(entry.at) / MINUTE_MS), entry]));
  const last = Math.floor(now / MINUTE_MS);
  return Array.from({ length: minutes }, (_, place) => {
    const minute = last - minutes + 1 + place;
    const entry = known.get(minute);
    const calls = entry?.calls ?? 0;
    return {
      at: minute * MINUTE_MS,
      qps: calls / SECONDS,
      errorShare: entry && calls > 0 ? entry.errors / calls : null,
      p50: entry?.p50_ms ?? null,
      p95: entry?.p95_ms ?? null,
    };
  });
}

export function rolesIn(metrics: readonly MinuteMetrics[]): Role[] {
  return metrics.some((entry) => entry.role === "challenger") ? ["main", "challenger"] : ["main"];
}
