import type { ReactNode } from "react";
import { FeatureMessages } from "./feature-messages";
import type { Language, Messages } from "./language";

async function loadTabularTexts(language: Language): Promise<Partial<Messages>> {
  const texts = language === "zh-CN" ? await import("../locales/tabular.zh-CN.json") : await import("../locales/tabular.en.json");
  return texts.default;
}

/** The texts of everything that is about tables, downloaded with the first part that shows them. */
export function TabularMessages({ children }: { readonly children: ReactNode }) {
  return <FeatureMessages load={loadTabularTexts}>{children}</FeatureMessages>;
}
