import { useMemo } from "react";
import { useLanguage, useT } from "@/i18n";
import { digitsOf, isShare } from "./figures";
import { durationParts, formatBytes, formatLocalTime, formatMoney, formatNumber, formatPercent, formatScore } from "./format";

export interface Format {
  number: (value: number, digits?: number) => string;
  percent: (value: number, digits?: number) => string;
  bytes: (value: number) => string;
  money: (amount: string | number) => string;
  time: (iso: string) => string;
  score: (value: number) => string;
  /** A figure of an evaluation by its name: a share in percent, an error as a number. */
  figure: (name: string, value: number) => string;
  /** A number of unknown size with the digits that tell it from its neighbours. */
  compact: (value: number) => string;
  duration: (seconds: number) => string;
}

/** The formats of the chosen language. */
export function useFormat(): Format {
  const language = useLanguage();
  const t = useT();
  return useMemo(
    () => ({
      number: (value, digits) => formatNumber(value, language, digits),
      percent: (value, digits) => formatPercent(value, language, digits),
      bytes: (value) => formatBytes(value, language),
      money: (amount) => formatMoney(amount, language),
      time: (iso) => formatLocalTime(iso, language),
      score: (value) => formatScore(value, language),
      figure: (name, value) => (isShare(name) ? formatPercent(value, language) : formatNumber(value, language, digitsOf(value))),
      compact: (value) => formatNumber(value, language, digitsOf(value)),
      duration: (seconds) => {
        const { days, hours, minutes, seconds: rest } = durationParts(seconds);
        if (days > 0) return t("duration.days", { days, hours });
        if (hours > 0) return t("duration.hours", { hours, minutes });
        if (minutes > 0) return t("duration.minutes", { minutes, seconds: rest });
        return t("duration.seconds", { seconds: rest });
      },
    }),
    [language, t],
  );
}
