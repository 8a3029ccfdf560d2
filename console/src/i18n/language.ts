import type { Locale } from "antd/es/locale";
import type datasets from "../locales/datasets.en.json";
import type english from "../locales/en.json";
import type serving from "../locales/serving.en.json";
import type tabular from "../locales/tabular.en.json";
import type training from "../locales/training.en.json";
import type tryTexts from "../locales/try.en.json";

export type MessageKey = keyof typeof english | keyof typeof datasets | keyof typeof serving | keyof typeof tabular | keyof typeof training | keyof typeof tryTexts;
export type Messages = Readonly<Record<MessageKey, string>>;

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

const STORAGE_KEY = "openbml.language";

export interface LoadedLanguage {
  readonly language: Language;
  /** Those of every page; `FeatureMessages` adds what some pages need beside them. */
  readonly messages: Partial<Messages>;
  readonly antd: Locale;
}

/** The stored choice, else the browser's first language that we speak. */
export function preferredLanguage(storage: Storage = window.localStorage, wanted: readonly string[] = navigator.languages): Language {
  const stored = storage.getItem(STORAGE_KEY);
  const known = LANGUAGES.find((language) => language === stored);
  if (known) return known;
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith("zh")) return "zh-CN";
    if (tag.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

export function rememberLanguage(language: Language, storage: Storage = window.localStorage): void {
  storage.setItem(STORAGE_KEY, language);
}

/** Only the texts of one language are downloaded. */
export async function loadLanguage(language: Language): Promise<LoadedLanguage> {
  if (language === "zh-CN") {
    const [messages, antd] = await Promise.all([import("../locales/zh-CN.json"), import("antd/es/locale/zh_CN")]);
    return { language, messages: messages.default, antd: antd.default };
  }
  const [messages, antd] = await Promise.all([import("../locales/en.json"), import("antd/es/locale/en_US")]);
  return { language, messages: messages.default, antd: antd.default };
}
