import { useMemo } from "react";
import { useLanguage, useT } from "@/i18n";
import { durationParts, formatBytes, formatLocalTime, formatMoney, formatNumber, formatPercent, formatScore } from "./format";

export interface Format {
  number: (value: number, digits?: number) => string;
  percent: (value: number, digits?: number) => string;
  bytes: (value: number) => string;
  money: (amount: string | number) => string;
  time: (iso: string) => string;
  score: (value: number) => string;
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
