import type { Translate } from "@/i18n";
import type { ParameterProblem } from "./run-values";

export function problemMessage(problem: ParameterProblem, t: Translate): string {
  switch (problem.kind) {
    case "tooSmall":
      return t("parameter.tooSmall", { minimum: String(problem.minimum) });
    case "aboveOnly":
      return t("parameter.aboveOnly", { minimum: String(problem.minimum) });
    case "tooLarge":
      return t("parameter.tooLarge", { maximum: String(problem.maximum) });
    default:
      return t(`parameter.${problem.kind}`);
  }
}
