import { Input, Segmented, Switch } from "antd";
import { useState } from "react";
import { useServiceLogs } from "@/api/queries/service-calls";
import type { Service } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";

const ONLINE = ["main", "challenger"] as const;

/** What the containers of a service wrote. A page holds the newest lines in the order of time, the next one those before. */
export function ServiceLogs({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const format = useFormat();
  const [isFollowing, setFollowing] = useState(true);
  const [wanted, setWanted] = useState("");
  const [role, setRole] = useState<"main" | "challenger">("main");
  const query = useServiceLogs(projectId, service.service_id, service.challenger ? role : "main", isFollowing);
  const extra = (
    <span className="ob-row">
      {service.challenger ? <Segmented aria-label={t("calls.role")} value={role} onChange={setRole} options={ONLINE.map((value) => ({ value, label: t(`services.role.${value}`) }))} /> : null}
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
          const lines = [...data.pages].reverse().flatMap((page) => page.items);
          if (lines.length === 0) return <EmptyState title={t("services.noLogs")} />;
          const shown = lines.filter((line) => line.text.toLowerCase().includes(wanted.toLowerCase()));
          return (
            <>
              <LoadMore query={query} />
              <pre className="ob-code ob-log" tabIndex={0} aria-label={t("services.logs")}>
                {shown.map((line) => `${format.time(line.at)}  ${line.instance}  ${line.text}`).join("\n")}
              </pre>
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}
