import type { PerformancePoint } from "@/api/serving";

export interface Estimate {
  readonly latencyMs: number;
  /** Of all instances together: calls are spread evenly (spec 03 section 10.1). */
  readonly qps: number;
  /** The size was not measured: beyond the largest one its figures are kept, between two they are interpolated. */
  readonly isExact: boolean;
}

const between = (left: number, right: number, share: number): number => left + (right - left) * share;

/** What a choice of quota and instances will do; null without measured points. */
export function estimateFor(points: readonly PerformancePoint[], computeUnits: number, instances: number): Estimate | null {
  const sorted = [...points].sort((left, right) => left.compute_units - right.compute_units);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (!first || !last || computeUnits < 1 || instances < 1) return null;
  const after = sorted.find((point) => point.compute_units >= computeUnits) ?? last;
  const before = [...sorted].reverse().find((point) => point.compute_units <= computeUnits) ?? first;
  const gap = after.compute_units - before.compute_units;
  const share = gap > 0 ? (computeUnits - before.compute_units) / gap : 0;
  return {
    latencyMs: between(before.latency_ms, after.latency_ms, share),
    qps: between(before.qps, after.qps, share) * instances,
    isExact: sorted.some((point) => point.compute_units === computeUnits && point.measured),
  };
}
