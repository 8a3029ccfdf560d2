import { Outlet } from "react-router";
import { FeatureMessages } from "@/i18n/feature-messages";
import type { Language, Messages } from "@/i18n/language";

async function loadTrainingTexts(language: Language): Promise<Partial<Messages>> {
  const texts = language === "zh-CN" ? await import("../../locales/training.zh-CN.json") : await import("../../locales/training.en.json");
  return texts.default;
}

/** The texts of all pages of training, downloaded with the first of them. */
export function TrainingTexts() {
  return (
    <FeatureMessages load={loadTrainingTexts}>
      <Outlet />
    </FeatureMessages>
  );
}
