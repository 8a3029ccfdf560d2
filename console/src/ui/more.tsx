import { Button } from "antd";
import { useT } from "@/i18n";

interface PagedQuery {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
}

/** The rest of a cursor-paged list. */
export function LoadMore({ query }: { readonly query: PagedQuery }) {
  const t = useT();
  if (!query.hasNextPage) return null;
  return (
    <div style={{ textAlign: "center", padding: 12 }}>
      <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {t("action.more")}
      </Button>
    </div>
  );
}
