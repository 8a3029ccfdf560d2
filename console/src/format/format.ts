/** Numbers, sizes, times and money as people read them. Pure: the language is an argument. */

const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

export function formatNumber(value: number, language: string, digits = 0): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

export function formatPercent(value: number, language: string, digits = 1): string {
  return new Intl.NumberFormat(language, {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

export function formatBytes(bytes: number, language: string): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${formatNumber(value, language, unit === 0 ? 0 : 1)} ${BYTE_UNITS[unit] ?? "B"}`;
}

/** Decimal strings stay exact up to the cent: rounding half up happens on the digits, not on a float. */
export function formatMoney(amount: string | number, language: string): string {
  const text = typeof amount === "number" ? amount.toFixed(6) : amount;
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) return text;
  const [, sign = "", whole = "0", fraction = ""] = match;
  const padded = (fraction + "000").slice(0, 3);
  let cents = BigInt(whole) * 100n + BigInt(padded.slice(0, 2));
  if (Number(padded[2]) >= 5) cents += 1n;
  const units = new Intl.NumberFormat(language).format(cents / 100n);
  const rest = String(cents % 100n).padStart(2, "0");
  return `${cents === 0n ? "" : sign}¥${units}.${rest}`;
}

/** A price keeps all its digits: 0.025 must not read as 0.03. */
export function formatPrice(price: string): string {
  const [whole = "0", fraction = ""] = price.split(".");
  const kept = fraction.replace(/0+$/, "").padEnd(2, "0");
  return `¥${whole}.${kept}`;
}

export interface DurationParts {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

export function durationParts(totalSeconds: number): DurationParts {
  const whole = Math.max(0, Math.round(totalSeconds));
  return {
    days: Math.floor(whole / 86_400),
    hours: Math.floor(whole / 3600) % 24,
    minutes: Math.floor(whole / 60) % 60,
    seconds: whole % 60,
  };
}

export function formatLocalTime(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(iso));
}

export function formatUtc(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

export function formatScore(value: number, language: string): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(value);
}

/** A decimal price times a whole number (minutes × nodes, units × instances), exact. */
export function timesPrice(price: string, factor: number): string {
  const [whole = "0", fraction = ""] = price.split(".");
  const digits = String(BigInt(whole + fraction) * BigInt(Math.round(factor))).padStart(fraction.length + 1, "0");
  if (fraction.length === 0) return digits;
  return `${digits.slice(0, -fraction.length)}.${digits.slice(-fraction.length)}`;
}
