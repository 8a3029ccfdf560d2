import { Alert } from "antd";
import { useMaybeT, useT } from "@/i18n";
import { PredictionError } from "./prediction";

export function TryFailure({ error }: { readonly error: Error }) {
  const t = useT();
  const maybeT = useMaybeT();
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
