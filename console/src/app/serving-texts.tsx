import { Outlet } from "react-router";
import { FeatureMessages } from "@/i18n/feature-messages";
import type { Language, Messages } from "@/i18n/language";

async function loadServingTexts(language: Language): Promise<Partial<Messages>> {
  const texts = language === "zh-CN" ? await import("../locales/serving.zh-CN.json") : await import("../locales/serving.en.json");
  return texts.default;
}

/** The texts of models, services, batch predictions and statistics, downloaded with the first of their pages. */
export function ServingTexts() {
  return (
    <FeatureMessages load={loadServingTexts}>
      <Outlet />
    </FeatureMessages>
  );
}
