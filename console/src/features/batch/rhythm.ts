import type { Rhythm } from "@/api/batch";
import { instantOf, wallTimeAt, type WallTime } from "@/ui/time/zone";

const MINUTE_MS = 60_000;
const LENGTHS = { minute: MINUTE_MS, hour: 60 * MINUTE_MS } as const;
const DAYS = { day: 1, week: 7 } as const;

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** A month that has no such day takes its last one, and the day comes back in the next that has it. */
function monthsLater(wall: WallTime, months: number): WallTime {
  const place = wall.year * 12 + wall.month - 1 + months;
  const year = Math.floor(place / 12);
  const month = (place % 12) + 1;
  return { ...wall, year, month, day: Math.min(wall.day, daysOf(year, month)) };
}

function daysLater(wall: WallTime, days: number): WallTime {
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + days));
  return { ...wall, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** The instant of a wall-clock time; where the clock leaps over it, as much later as it leaps. */
function instantOrLater(wall: WallTime, zone: string): number {
  const exact = instantOf(wall, zone);
  if (exact !== null) return exact;
  const before = instantOf(daysLater(wall, -1), zone);
  return (before ?? Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute) - 24 * LENGTHS.hour) + 24 * LENGTHS.hour;
}

function runAt({ unit, every, starts_at, time_zone }: Rhythm, place: number): number {
  const start = Date.parse(starts_at);
  if (unit === "minute" || unit === "hour") return start + place * every * LENGTHS[unit];
  const wall = wallTimeAt(start, time_zone);
  const seconds = start % MINUTE_MS;
  return instantOrLater(unit === "month" ? monthsLater(wall, place * every) : daysLater(wall, place * every * DAYS[unit]), time_zone) + seconds;
}

const ABOUT = { minute: MINUTE_MS, hour: LENGTHS.hour, day: 24 * LENGTHS.hour, week: 168 * LENGTHS.hour, month: 744 * LENGTHS.hour } as const;

/** The next runs after an instant; days, weeks and months keep their hour of the zone's clock. */
export function nextRuns(rhythm: Rhythm, after: number, count: number): number[] {
  const start = Date.parse(rhythm.starts_at);
  const end = rhythm.ends_at === null ? Number.POSITIVE_INFINITY : Date.parse(rhythm.ends_at);
  let place = Math.max(0, Math.floor((after - start) / (rhythm.every * ABOUT[rhythm.unit])) - 1);
  const runs: number[] = [];
  while (runs.length < count) {
    const at = runAt(rhythm, place);
    if (at > end) break;
    if (at > after) runs.push(at);
    place += 1;
  }
  return runs;
}
