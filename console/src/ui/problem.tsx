import { CloudServerOutlined, DisconnectOutlined, LockOutlined, SearchOutlined } from "@ant-design/icons";
import { Button } from "antd";
import type { ReactNode } from "react";
import { ApiError, OfflineError } from "@/api/errors";
import { useT } from "@/i18n";
import { CopyText } from "./copy";

interface StateProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly role?: "alert" | "status";
}

export function StateMessage({ icon, title, children, action, role = "status" }: StateProps) {
  return (
    <div className="ob-state" role={role}>
      <span className="ob-state-icon" aria-hidden>
        {icon}
      </span>
      <h2>{title}</h2>
      {children}
      {action}
    </div>
  );
}

/** Says what happened and what helps; one look for every failure of a page. */
export function Problem({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const t = useT();
  const retry = onRetry ? (
    <Button onClick={onRetry}>{t("action.retry")}</Button>
  ) : null;
  if (error instanceof OfflineError) {
    return (
      <StateMessage role="alert" icon={<DisconnectOutlined />} title={t("problem.offline.title")} action={retry}>
        <p>{t("problem.offline.remedy")}</p>
      </StateMessage>
    );
  }
  if (!(error instanceof ApiError)) throw error;
  if (error.isForbidden) {
    return (
      <StateMessage role="alert" icon={<LockOutlined />} title={t("problem.forbidden.title")}>
        <p>{error.message || t("problem.forbidden.remedy")}</p>
        <p>{t("problem.forbidden.remedy")}</p>
        <RequestId id={error.requestId} />
      </StateMessage>
    );
  }
  if (error.isMissing) {
    return (
      <StateMessage role="alert" icon={<SearchOutlined />} title={t("problem.missing.title")}>
        <p>{error.message || t("problem.missing.remedy")}</p>
        <RequestId id={error.requestId} />
      </StateMessage>
    );
  }
  return (
    <StateMessage role="alert" icon={<CloudServerOutlined />} title={t("problem.failed.title")} action={retry}>
      <p>{error.message || t("problem.failed.status", { status: String(error.status) })}</p>
      <p>{error.isTransient ? t("problem.failed.transient") : t("problem.failed.lasting")}</p>
      <RequestId id={error.requestId} />
    </StateMessage>
  );
}

export function RequestId({ id }: { readonly id: string }) {
  const t = useT();
  if (!id) return null;
  return (
    <span className="ob-small ob-muted">
      {t("problem.requestId")} <CopyText text={id} />
    </span>
  );
}
