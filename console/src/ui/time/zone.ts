/** Wall-clock times of a time zone, by the browser's own zone data. */

export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  formats.set(zone, made);
  return made;
}

export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export const ownTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Zones that a person may choose, the own one first. */
export function timeZones(): string[] {
  const own = ownTimeZone();
  return [own, ...["UTC", ...Intl.supportedValuesOf("timeZone")].filter((zone) => zone !== own)];
}

export function wallTimeAt(at: number, zone: string): WallTime {
  const parts = new Map(formatOf(zone).formatToParts(at).map((part) => [part.type, Number(part.value)]));
  const of = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute") };
}

const asUtc = ({ year, month, day, hour, minute }: WallTime): number => Date.UTC(year, month - 1, day, hour, minute);

/** The instant of a wall-clock time; null where the clock leaps over it, the earlier one where it shows it twice. */
export function instantOf(wall: WallTime, zone: string): number | null {
  const wanted = asUtc(wall);
  const offsets = [wanted - 86_400_000, wanted + 86_400_000].map((at) => asUtc(wallTimeAt(at, zone)) - at);
  const found = offsets.map((offset) => wanted - offset).filter((at) => asUtc(wallTimeAt(at, zone)) === wanted);
  return found.length === 0 ? null : Math.min(...found);
}
