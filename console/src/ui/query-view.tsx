import { Skeleton } from "antd";
import type { ReactNode } from "react";
import { SignedOutError } from "@/api/errors";
import { useT } from "@/i18n";
import { Problem } from "./problem";

interface QueryLike<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

interface Props<T> {
  readonly query: QueryLike<T>;
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
}

/** Skeleton while loading, the problem when it failed, else the content (kept while a refresh runs or fails). */
export function QueryView<T>({ query, skeleton, children }: Props<T>) {
  const t = useT();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error instanceof SignedOutError) return null;
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <div role="status" aria-label={t("state.loading")}>
      {skeleton ?? <Skeleton active title={false} paragraph={{ rows: 5 }} />}
    </div>
  );
}
