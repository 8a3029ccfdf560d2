import { ApiError, OfflineError, SignedOutError } from "@/api/errors";
import type { Translate } from "@/i18n";

/** One line for messages beside a button; pages use `Problem`. */
export function problemText(error: unknown, t: Translate): string {
  if (error instanceof OfflineError) return t("problem.offline.remedy");
  if (error instanceof SignedOutError) return t("problem.signedOut");
  if (error instanceof ApiError) {
    const text = error.message || t("problem.failed.status", { status: String(error.status) });
    return error.requestId ? t("problem.withRequest", { text, id: error.requestId }) : text;
  }
  return error instanceof Error ? error.message : String(error);
}
