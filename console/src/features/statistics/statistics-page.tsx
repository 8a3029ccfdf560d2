import { DatePicker, Segmented, Select } from "antd";
import dayjs from "dayjs";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { useApplications } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import { useCallUsage } from "@/api/queries/service-calls";
import { useServices } from "@/api/queries/services";
import type { UsageRow } from "@/api/serving";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { everyDay, GROUPS, totalOf, usageBy, type Group } from "./aggregate";
import { UsageChart } from "./usage-chart";
import { UsageTable } from "./usage-table";

const DAY = "YYYY-MM-DD";
const FIRST_DAYS = 13;

/** How much services are called: by application, service, version and day. */
export function StatisticsPage() {
  const t = useT();
  const projectId = useProjectId();
  const [params, setParams] = useSearchParams();
  const services = itemsOf(useServices(projectId).data);
  const applications = itemsOf(useApplications().data);
  const from = params.get("from") ?? dayjs().subtract(FIRST_DAYS, "day").format(DAY);
  const to = params.get("to") ?? dayjs().format(DAY);
  const serviceId = Number(params.get("service")) || undefined;
  const appId = Number(params.get("application")) || undefined;
  const group = GROUPS.find((known) => known === params.get("by")) ?? "day";
  const query = useCallUsage(projectId, { from, to, ...(serviceId ? { service_id: serviceId } : {}), ...(appId ? { app_id: appId } : {}) });
  const change = (part: Readonly<Record<string, string | number | undefined>>): void => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(part)) {
      if (value === undefined) next.delete(name);
      else next.set(name, String(value));
    }
    setParams(next, { replace: true });
  };
  const names = useMemo(() => new Map([...services.map(({ service_id, name }): [string, string] => [String(service_id), name]), ...applications.map(({ app_id, name }): [string, string] => [String(app_id), name])]), [services, applications]);
  return (
    <Page title={t("nav.statistics")} sub={t("statistics.intro")}>
      <Panel>
        <div className="ob-row" role="search">
          <DatePicker.RangePicker
            allowClear={false}
            aria-label={t("services.period")}
            value={[dayjs(from), dayjs(to)]}
            onChange={(range) => {
              if (range?.[0] && range[1]) change({ from: range[0].format(DAY), to: range[1].format(DAY) });
            }}
          />
          <Select allowClear style={{ width: 220 }} aria-label={t("kind.service")} placeholder={t("statistics.anyService")} value={serviceId ?? null} options={services.map((service) => ({ value: service.service_id, label: service.name }))} onChange={(service: number | undefined) => { change({ service }); }} />
          <Select allowClear style={{ width: 220 }} aria-label={t("calls.application")} placeholder={t("statistics.anyApplication")} value={appId ?? null} options={applications.map((application) => ({ value: application.app_id, label: application.name }))} onChange={(application: number | undefined) => { change({ application }); }} />
          <Segmented<Group> aria-label={t("statistics.by")} value={group} onChange={(by) => { change({ by }); }} options={GROUPS.map((value) => ({ value, label: t(`statistics.by.${value}`) }))} />
        </div>
      </Panel>
      <QueryView query={query}>{(rows) => <Usage rows={rows} group={group} from={from} to={to} names={names} />}</QueryView>
      <AsCommand command={`bml services usage --from ${from} --to ${to}`} />
    </Page>
  );
}

interface UsageProps {
  readonly rows: readonly UsageRow[];
  readonly group: Group;
  readonly from: string;
  readonly to: string;
  readonly names: ReadonlyMap<string, string>;
}

function Usage({ rows, group, from, to, names }: UsageProps) {
  const t = useT();
  const format = useFormat();
  if (rows.length === 0) {
    return (
      <Panel>
        <EmptyState title={t("statistics.empty.title")} text={t("statistics.empty.text")} />
      </Panel>
    );
  }
  const total = totalOf(rows);
  const sums = usageBy(rows, group);
  const shown = group === "day" ? everyDay(sums, from, to) : sums;
  const nameOf = (key: string): string => {
    if (group !== "version") return names.get(key) ?? key;
    const [service = "", version = ""] = key.split("/");
    return `${names.get(service) ?? service} ${version === "" ? t("statistics.noModel") : `V${version}`}`;
  };
  const figures = [
    { label: t("statistics.calls"), value: format.number(total.calls) },
    { label: t("statistics.errors"), value: format.number(total.errors) },
    { label: t("services.errorShare"), value: total.calls > 0 ? format.percent(total.errors / total.calls, 2) : "–" },
    { label: t("statistics.mean"), value: total.meanMs === null ? "–" : t("calls.ms", { ms: format.number(total.meanMs, 1) }) },
  ];
  return (
    <div className="ob-stack" data-testid="statistics">
      <div className="ob-metrics">
        {figures.map(({ label, value }) => (
          <div key={label} className="ob-metric">
            <b>{value}</b>
            <span>{label}</span>
          </div>
        ))}
      </div>
      <UsageChart sums={shown} nameOf={nameOf} title={t(`statistics.by.${group}`)} />
      <UsageTable rows={rows} names={names} from={from} to={to} />
    </div>
  );
}
