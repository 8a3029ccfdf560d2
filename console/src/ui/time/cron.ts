import { instantOf, wallTimeAt } from "./zone";

/** Five fields, `minute hour day-of-month month day-of-week`, as crontab(5) reads them. */
export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** Both days are restricted: then either of them is enough. */
  readonly eitherDay: boolean;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

interface FieldRange {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly FieldRange[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: MONTHS },
  { least: 0, most: 7, names: WEEKDAYS },
];

function numberOf(text: string, { least, most, names }: FieldRange): number | null {
  const place = names?.indexOf(text.toUpperCase()) ?? -1;
  if (place >= 0) return place + least;
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

function fieldOf(text: string, range: FieldRange): Set<number> | null {
  const values = new Set<number>();
  for (const piece of text.split(",")) {
    const match = /^(\*|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)?)(?:\/(\d{1,2}))?$/.exec(piece);
    if (!match) return null;
    const [, span = "", stepText] = match;
    const step = stepText === undefined ? 1 : Number(stepText);
    if (step < 1) return null;
    const [fromText = "", toText] = span.split("-");
    const first = span === "*" ? range.least : numberOf(fromText, range);
    const isOpen = span === "*" || (toText === undefined && stepText !== undefined);
    const last = isOpen ? range.most : toText === undefined ? first : numberOf(toText, range);
    if (first === null || last === null || first > last) return null;
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return values;
}

/** Null of a text that is no cron expression. */
export function parseCron(text: string): Cron | null {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return null;
  const fields = FIELDS.map((range, place) => fieldOf(parts[place] ?? "", range));
  const [minutes, hours, days, months, weekdays] = fields;
  if (!minutes || !hours || !days || !months || !weekdays) return null;
  if (weekdays.delete(7)) weekdays.add(0);
  const isRestricted = (place: number): boolean => !(parts[place] ?? "").startsWith("*");
  return { minutes, hours, days, months, weekdays, eitherDay: isRestricted(2) && isRestricted(4) };
}

function isDay({ days, months, weekdays, eitherDay }: Cron, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const byMonth = days.has(date.getUTCDate());
  const byWeek = weekdays.has(date.getUTCDay());
  return eitherDay ? byMonth || byWeek : byMonth && byWeek;
}

const DAY_MS = 86_400_000;
/** A 29 February that falls on a given weekday comes at least once in 40 years. */
const MOST_DAYS = 366 * 40;

/** The next times after an instant, by the clock of the zone; times that the clock leaps over are left out. */
export function nextTimes(cron: Cron, zone: string, after: number, count: number): number[] {
  const start = wallTimeAt(after, zone);
  const firstDay = Date.UTC(start.year, start.month - 1, start.day);
  const hours = [...cron.hours].sort((left, right) => left - right);
  const minutes = [...cron.minutes].sort((left, right) => left - right);
  const found: number[] = [];
  for (let step = 0; step < MOST_DAYS && found.length < count; step += 1) {
    const date = new Date(firstDay + step * DAY_MS);
    if (!isDay(cron, date)) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        if (found.length >= count) return found;
        const at = instantOf({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour, minute }, zone);
        if (at !== null && at > after) found.push(at);
      }
    }
  }
  return found;
}
