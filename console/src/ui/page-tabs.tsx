import { Skeleton, Tabs } from "antd";
import { Suspense, type ReactNode } from "react";
import { useSearchParams } from "react-router";

export interface PageTab {
  readonly key: string;
  readonly label: string;
  readonly children: ReactNode;
}

/** Tabs of a page; the open one stands in the address. Their parts may be downloaded when they are opened. */
export function PageTabs({ tabs }: { readonly tabs: readonly PageTab[] }) {
  const [params, setParams] = useSearchParams();
  const wanted = params.get("tab");
  return (
    <Tabs
      activeKey={tabs.find((tab) => tab.key === wanted)?.key ?? tabs[0]?.key ?? ""}
      onChange={(tab) => {
        setParams({ tab }, { replace: true });
      }}
      destroyOnHidden
      items={tabs.map((tab) => ({ ...tab, children: <Suspense fallback={<Skeleton active />}>{tab.children}</Suspense> }))}
    />
  );
}
