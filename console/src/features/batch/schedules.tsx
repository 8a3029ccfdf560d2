import { App, Button, Table, type TableColumnsType } from "antd";
import { useBatchSchedules, useChangeSchedule, type ScheduleChange } from "@/api/queries/batch";
import { itemsOf } from "@/api/queries/paging";
import type { BatchSchedule } from "@/api/serving";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { useMinute } from "@/ui/time/use-minute";
import { LocalTime } from "@/ui/values";
import { nextRuns } from "./rhythm";

interface Props {
  readonly projectId: number;
  readonly mayWrite: boolean;
}

const SHOWN = 3;

/** Predictions that come back by themselves, with their next runs. */
export function Schedules({ projectId, mayWrite }: Props) {
  const t = useT();
  const { modal, message } = App.useApp();
  const query = useBatchSchedules(projectId);
  const act = useChangeSchedule(projectId);
  const run = (wanted: ScheduleChange): Promise<void> =>
    act.mutateAsync(wanted).then(
      () => undefined,
      (error: unknown) => void message.error(problemText(error, t)),
    );
  const askDelete = ({ schedule_id, name }: BatchSchedule): void => {
    void modal.confirm({ title: t("batch.deleteSchedule.title", { name }), content: t("batch.deleteSchedule.text"), okText: t("action.delete"), okButtonProps: { danger: true }, onOk: () => run({ scheduleId: schedule_id, change: "delete" }) });
  };
  const columns: TableColumnsType<BatchSchedule> = [
    { title: t("field.name"), dataIndex: "name" },
    { title: t("field.state"), render: (_, row) => t(row.enabled ? "batch.enabled" : "batch.paused") },
    { title: t("batch.rhythm"), render: (_, row) => t("batch.everyUnit", { every: row.every, unit: t(`batch.unit.${row.unit}`) }) },
    { title: t("batch.zone"), dataIndex: "time_zone" },
    { title: t("batch.next"), render: (_, row) => <NextRuns schedule={row} /> },
    {
      title: <span className="ob-visually-hidden">{t("services.actions")}</span>,
      render: (_, row) => (
        <span className="ob-row" style={{ flexWrap: "nowrap" }}>
          <Button size="small" disabled={!mayWrite} onClick={() => void run({ scheduleId: row.schedule_id, change: row.enabled ? "pause" : "continue" })}>
            {t(row.enabled ? "batch.pause" : "batch.continue")}
          </Button>
          <Button size="small" danger disabled={!mayWrite} onClick={() => { askDelete(row); }}>
            {t("action.delete")}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Panel>
      <QueryView query={query}>
        {(data) => {
          const items = itemsOf(data);
          if (items.length === 0) return <EmptyState title={t("batch.noSchedules.title")} text={t("batch.noSchedules.text")} />;
          return (
            <>
              <Table rowKey="schedule_id" columns={columns} dataSource={items} pagination={false} scroll={{ x: "max-content" }} />
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}

function NextRuns({ schedule }: { readonly schedule: BatchSchedule }) {
  const t = useT();
  const minute = useMinute();
  const runs = schedule.enabled ? nextRuns(schedule, minute, SHOWN) : [];
  if (runs.length === 0) return <span className="ob-muted">{t("batch.noNext")}</span>;
  return (
    <span className="ob-stack-s" style={{ gap: 0 }}>
      {runs.map((at) => (
        <LocalTime key={at} at={new Date(at).toISOString()} />
      ))}
    </span>
  );
}
