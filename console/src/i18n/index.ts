import { createContext, useContext, useMemo } from "react";
import type { LoadedLanguage, Language, MessageKey } from "./language";
import { formatMessage, type Params } from "./message";

export type { Language, MessageKey } from "./language";

interface I18nValue {
  readonly loaded: LoadedLanguage;
  readonly choose: (language: Language) => void;
}

export const I18nContext = createContext<I18nValue | null>(null);

export type Translate = (key: MessageKey, params?: Params) => string;

export function useI18n(): I18nValue {
  const value = useContext(I18nContext);
  if (!value) throw new Error("I18nContext is missing");
  return value;
}

export function useLanguage(): Language {
  return useI18n().loaded.language;
}

/** Returns `t(key, params)`; keys are checked by the compiler against `locales/en.json`. */
export function useT(): Translate {
  const { loaded } = useI18n();
  return useMemo<Translate>(
    () => (key, params) => formatMessage(loaded.messages[key] ?? key, loaded.language, params),
    [loaded],
  );
}

/** For names the platform sends (metric names, reasons): the translation if there is one, else null. */
export function useMaybeT(): (key: string) => string | null {
  const { loaded } = useI18n();
  return useMemo(() => (key: string) => (loaded.messages as Readonly<Record<string, string>>)[key] ?? null, [loaded]);
}
