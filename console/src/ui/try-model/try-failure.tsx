import { Alert } from "antd";
import { ApiError, SignedOutError } from "@/api/errors";
import { PredictionError } from "@/api/prediction";
import { useMaybeT, useT } from "@/i18n";
import { problemText } from "../problem-text";

/** Why there is no answer: what the model said, or the platform, or that nobody could be reached. */
export function TryFailure({ error }: { readonly error: Error }) {
  const t = useT();
  const maybeT = useMaybeT();
  if (error instanceof ApiError || error instanceof SignedOutError) return <Alert type="error" showIcon role="alert" title={problemText(error, t)} />;
  if (!(error instanceof PredictionError)) return <Alert type="error" showIcon role="alert" title={t("problem.offline.remedy")} />;
  const title = error.message ? t("tryIt.failedWith", { code: String(error.errorCode), message: error.message }) : t("tryIt.failed", { code: String(error.errorCode) });
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={title}
      description={maybeT(`tryIt.remedy.${error.errorCode}`) ?? (error.logId ? t("tryIt.quoteLogId", { id: error.logId }) : undefined)}
    />
  );
}
