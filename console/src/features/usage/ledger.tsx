import { Table, type TableColumnsType } from "antd";
import { useLedger } from "@/api/queries/metering";
import { itemsOf } from "@/api/queries/paging";
import type { LedgerEntry } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { Duration, LocalTime, Money } from "@/ui/values";

const SECONDS = 60;

/** Every entry as it was written, the newest first. */
export function Ledger() {
  const t = useT();
  const maybeT = useMaybeT();
  const query = useLedger(true);
  const columns: TableColumnsType<LedgerEntry> = [
    { title: t("usage.recorded"), render: (_, entry) => <LocalTime at={entry.recorded_at} /> },
    { title: t("usage.module"), render: (_, entry) => maybeT(`usage.module.${entry.module}`) ?? entry.module },
    { title: t("usage.resource"), render: (_, entry) => entry.resource_name },
    { title: t("usage.machine"), render: (_, entry) => entry.machine },
    { title: t("usage.billed"), align: "right", render: (_, entry) => <Duration seconds={entry.billed_minutes * SECONDS} /> },
    { title: t("usage.free"), align: "right", render: (_, entry) => <Duration seconds={entry.free_minutes * SECONDS} /> },
    { title: t("usage.amount"), align: "right", render: (_, entry) => <Money amount={entry.amount} /> },
  ];
  return (
    <Panel>
      <QueryView query={query}>
        {(data) => {
          const items = itemsOf(data);
          if (items.length === 0) return <EmptyState title={t("usage.noLedger")} />;
          return (
            <>
              <Table rowKey={(entry) => entry.usage_id} columns={columns} dataSource={items} pagination={false} scroll={{ x: "max-content" }} />
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}
