import type { UsageRow } from "@/api/serving";

export const GROUPS = ["day", "service", "application", "version"] as const;
export type Group = (typeof GROUPS)[number];

export interface UsageSum {
  readonly key: string;
  readonly calls: number;
  readonly errors: number;
  /** Mean time of a call; null without calls. */
  readonly meanMs: number | null;
}

const KEYS: Readonly<Record<Group, (row: UsageRow) => string>> = {
  day: (row) => row.day,
  service: (row) => String(row.service_id),
  application: (row) => String(row.app_id),
  version: (row) => `${row.service_id}/${row.model_version ?? ""}`,
};

/** Sums by one dimension: days in their order, everything else the busiest first. */
export function usageBy(rows: readonly UsageRow[], group: Group): UsageSum[] {
  const sums = new Map<string, { calls: number; errors: number; ms: number }>();
  for (const row of rows) {
    const key = KEYS[group](row);
    const sum = sums.get(key) ?? { calls: 0, errors: 0, ms: 0 };
    sums.set(key, { calls: sum.calls + row.calls, errors: sum.errors + row.errors, ms: sum.ms + row.duration_ms });
  }
  const told = [...sums].map(([key, { calls, errors, ms }]) => ({ key, calls, errors, meanMs: calls > 0 ? ms / calls : null }));
  return told.sort((left, right) => (group === "day" ? left.key.localeCompare(right.key) : right.calls - left.calls || left.key.localeCompare(right.key)));
}

export function totalOf(rows: readonly UsageRow[]): Omit<UsageSum, "key"> {
  const [sum] = usageBy(rows.map((row) => ({ ...row, day: "" })), "day");
  return sum ?? { calls: 0, errors: 0, meanMs: null };
}

/** Every day from the first to the last, so that a day without calls is seen as one. */
export function everyDay(sums: readonly UsageSum[], from: string, to: string): UsageSum[] {
  const known = new Map(sums.map((sum) => [sum.key, sum]));
  const days: UsageSum[] = [];
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`); at += 86_400_000) {
    const key = new Date(at).toISOString().slice(0, 10);
    days.push(known.get(key) ?? { key, calls: 0, errors: 0, meanMs: null });
  }
  return days;
}
