import type { Language, Messages } from "@/i18n/language";

/** The texts of the dataset page and its tabs. */
export async function loadDatasetTexts(language: Language): Promise<Partial<Messages>> {
  const texts = language === "zh-CN" ? await import("../../locales/datasets.zh-CN.json") : await import("../../locales/datasets.en.json");
  return texts.default;
}
