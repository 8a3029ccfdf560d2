import { Button, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { itemsOf } from "@/api/queries/paging";
import { useServiceCalls } from "@/api/queries/service-calls";
import type { Call } from "@/api/serving";
import type { Service } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";
import { AddToDataset } from "./add-to-dataset";
import { CallDrawer } from "./call-drawer";
import { filterOf } from "./call-filter";
import { CallFilters } from "./call-filters";

/** The recorded calls of a service; those with kept input can become data. */
export function Calls({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const [params] = useSearchParams();
  const [opened, setOpened] = useState<string | null>(null);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const query = useServiceCalls(projectId, service.service_id, filterOf(params));
  return (
    <Panel>
      <div className="ob-stack" data-testid="calls">
        <CallFilters hasSecond={service.challenger !== null} />
        {chosen.length > 0 ? (
          <AddToDataset
            projectId={projectId}
            service={service}
            logIds={chosen}
            onDone={() => {
              setChosen([]);
            }}
          />
        ) : null}
        <QueryView query={query}>
          {(data) => {
            const items = itemsOf(data);
            if (items.length === 0) return <EmptyState title={t("calls.empty")} text={t("calls.emptyText")} />;
            return (
              <>
                <CallTable calls={items} chosen={chosen} onChoose={setChosen} onOpen={setOpened} />
                <LoadMore query={query} />
              </>
            );
          }}
        </QueryView>
      </div>
      <CallDrawer
        projectId={projectId}
        service={service}
        logId={opened}
        onClose={() => {
          setOpened(null);
        }}
      />
    </Panel>
  );
}

interface TableProps {
  readonly calls: readonly Call[];
  readonly chosen: readonly string[];
  readonly onChoose: (logIds: readonly string[]) => void;
  readonly onOpen: (logId: string) => void;
}

function CallTable({ calls, chosen, onChoose, onOpen }: TableProps) {
  const t = useT();
  const format = useFormat();
  const columns: TableColumnsType<Call> = [
    { title: t("calls.at"), render: (_, call) => <LocalTime at={call.at} /> },
    { title: t("field.logId"), render: (_, call) => <CopyText text={call.log_id} /> },
    { title: t("calls.result"), render: (_, call) => (call.error_code ? <span className="ob-fault">{t("calls.error", { code: String(call.error_code) })}</span> : call.labels.join(", ") || t("calls.good")) },
    { title: t("field.version"), render: (_, call) => (call.model_version === null ? "–" : `V${call.model_version}`) },
    { title: t("calls.role"), render: (_, call) => t(`services.role.${call.role}`) },
    { title: t("calls.application"), render: (_, call) => <span className="ob-mono">{call.app_id}</span> },
    { title: t("calls.duration"), align: "right", render: (_, call) => <span className="ob-num" style={{ whiteSpace: "nowrap" }}>{t("calls.ms", { ms: format.number(call.duration_ms) })}</span> },
    { title: t("calls.waited"), align: "right", render: (_, call) => <span className="ob-num" style={{ whiteSpace: "nowrap" }}>{call.waited_ms > 0 ? t("calls.ms", { ms: format.number(call.waited_ms) }) : "–"}</span> },
    {
      title: <span className="ob-visually-hidden">{t("calls.open")}</span>,
      render: (_, call) => (
        <Button size="small" aria-label={t("calls.openOf", { id: call.log_id })} onClick={() => { onOpen(call.log_id); }}>
          {t("calls.open")}
        </Button>
      ),
    },
  ];
  return (
    <div className="ob-wide" tabIndex={0} role="region" aria-label={t("services.calls")}>
      <Table
        rowKey="log_id"
        columns={columns}
        dataSource={[...calls]}
        pagination={false}
        rowSelection={{
          selectedRowKeys: [...chosen],
          onChange: (keys) => {
            onChoose(keys.map(String));
          },
          getCheckboxProps: (call) => ({ disabled: !call.kept, "aria-label": t("calls.choose", { id: call.log_id }) }),
        }}
      />
    </div>
  );
}
