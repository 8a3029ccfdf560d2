import { Input, Switch } from "antd";
import { useState } from "react";
import { itemsOf } from "@/api/queries/paging";
import { useServiceLogs } from "@/api/queries/service-calls";
import type { Service } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";

/** What the containers of a service wrote. */
export function ServiceLogs({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const format = useFormat();
  const [isFollowing, setFollowing] = useState(true);
  const [wanted, setWanted] = useState("");
  const query = useServiceLogs(projectId, service.service_id, isFollowing);
  const extra = (
    <span className="ob-row">
      <Input.Search style={{ width: 220 }} aria-label={t("services.logsSearch")} placeholder={t("services.logsSearch")} onChange={(event) => { setWanted(event.target.value); }} />
      <label className="ob-row">
        <Switch size="small" checked={isFollowing} onChange={setFollowing} aria-label={t("services.logsFollow")} />
        {t("services.logsFollow")}
      </label>
    </span>
  );
  return (
    <Panel title={t("services.logs")} extra={extra}>
      <QueryView query={query}>
        {(data) => {
          const lines = itemsOf(data);
          if (lines.length === 0) return <EmptyState title={t("services.noLogs")} />;
          const shown = lines.filter((line) => line.text.toLowerCase().includes(wanted.toLowerCase()));
          return (
            <>
              <pre className="ob-code ob-log" tabIndex={0} aria-label={t("services.logs")}>
                {shown.map((line) => `${format.time(line.at)}  ${line.instance}  ${line.text}`).join("\n")}
              </pre>
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}
