import type { ReactNode } from "react";
import { FeatureMessages } from "./feature-messages";
import type { Language, Messages } from "./language";

async function loadTryTexts(language: Language): Promise<Partial<Messages>> {
  const texts = language === "zh-CN" ? await import("../locales/try.zh-CN.json") : await import("../locales/try.en.json");
  return texts.default;
}

/** The texts of asking a model for answers, downloaded with the first page that does. */
export function TryMessages({ children }: { readonly children: ReactNode }) {
  return <FeatureMessages load={loadTryTexts}>{children}</FeatureMessages>;
}
