import { BugOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useRouteError } from "react-router";
import { ApiError, OfflineError } from "@/api/errors";
import { useT } from "@/i18n";
import { Problem, StateMessage } from "@/ui/problem";

const reload = (): void => {
  window.location.reload();
};

/** A page that cannot be drawn or downloaded does not take the shell with it. */
export function RouteFailure() {
  const error = useRouteError();
  const t = useT();
  if (error instanceof ApiError || error instanceof OfflineError) return <Problem error={error} onRetry={reload} />;
  return (
    <StateMessage
      role="alert"
      icon={<BugOutlined />}
      title={t("problem.page.title")}
      action={<Button onClick={reload}>{t("action.reload")}</Button>}
    >
      <p>{t("problem.page.remedy")}</p>
      <p className="ob-mono">{error instanceof Error ? error.message : String(error)}</p>
    </StateMessage>
  );
}
