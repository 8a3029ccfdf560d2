import type { PreWarm, SleepRules, WhileAsleep } from "@/api/serving";
import { parseCron } from "@/ui/time/cron";
import { isTimeZone } from "@/ui/time/zone";

export interface SleepValues {
  readonly idle_minutes: number | null;
  readonly starts_at: string | null;
  readonly ends_at: string | null;
  readonly while_asleep: WhileAsleep;
  readonly prewarm: readonly PreWarm[];
}

export const FIRST_VALUES: SleepValues = { idle_minutes: 30, starts_at: null, ends_at: null, while_asleep: "wait", prewarm: [] };

export const LONGEST_IDLE = 1440;
export const MOST_PREWARM = 20;

export type SleepFault = "idle" | "period" | "cron";

export const isPreWarm = ({ cron, time_zone }: PreWarm): boolean => parseCron(cron) !== null && isTimeZone(time_zone);

export function sleepFault({ idle_minutes, starts_at, ends_at, prewarm }: SleepValues): SleepFault | null {
  if (idle_minutes === null || idle_minutes < 1 || idle_minutes > LONGEST_IDLE) return "idle";
  if (starts_at !== null && ends_at !== null && Date.parse(starts_at) >= Date.parse(ends_at)) return "period";
  return prewarm.every(isPreWarm) ? null : "cron";
}

/** Only without a fault. */
export function sleepRequest({ idle_minutes, ...rest }: SleepValues): SleepRules {
  return { ...rest, idle_minutes: idle_minutes ?? FIRST_VALUES.idle_minutes ?? 1, prewarm: rest.prewarm.map(({ cron, time_zone }) => ({ cron: cron.trim().replace(/\s+/g, " "), time_zone })) };
}
