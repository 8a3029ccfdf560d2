import type { Validation } from "@/api/types";

type Clocked = Pick<Validation, "state" | "started_at" | "ends_at">;

const OFTEN_MS = 2000;
const SELDOM_MS = 15_000;

/** How soon to look again, in ms: often while something is about to change, seldom while it runs, never once it is over. */
export function pollMs(validation: Clocked, now: number): number | false {
  if (validation.state === "starting") return OFTEN_MS;
  if (validation.state !== "ready") return false;
  return secondsLeft(validation, now) === 0 ? OFTEN_MS : SELDOM_MS;
}

/** Whole seconds until it ends by itself; the platform, not this clock, says when it has. */
export function secondsLeft({ ends_at }: Clocked, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(ends_at) - now) / 1000));
}

/** Whole seconds since it was started. */
export function secondsGone({ started_at }: Clocked, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(started_at)) / 1000));
}

/** Minutes and seconds as a watch shows them: `29:05`. */
export function watchText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
