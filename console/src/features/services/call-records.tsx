import { Table, type TableColumnsType } from "antd";
import { itemsOf } from "@/api/queries/paging";
import { useServiceCalls } from "@/api/queries/services";
import type { ServiceCall } from "@/api/types";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";

export function CallRecords({ projectId, serviceId }: { readonly projectId: number; readonly serviceId: number }) {
  const t = useT();
  const query = useServiceCalls(projectId, serviceId);
  const columns: TableColumnsType<ServiceCall> = [
    { title: t("calls.at"), render: (_, call) => <LocalTime at={call.at} /> },
    { title: t("field.logId"), render: (_, call) => <CopyText text={call.log_id} /> },
    { title: t("calls.result"), render: (_, call) => (call.error_code ? t("calls.error", { code: String(call.error_code) }) : t("calls.good")) },
    { title: t("calls.duration"), align: "right", render: (_, call) => (t("calls.ms", { ms: Math.round(call.duration_ms) })) },
  ];
  return (
    <Panel>
      <QueryView query={query}>
        {(data) => {
          const items = itemsOf(data);
          if (items.length === 0) return <EmptyState title={t("calls.empty")} />;
          return (
            <>
              <Table rowKey={(call) => call.log_id} columns={columns} dataSource={items} pagination={false} />
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}
