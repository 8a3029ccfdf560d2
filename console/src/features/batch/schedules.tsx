import { App, Button, Modal, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useBatchSchedules, useChangeSchedule, type ScheduleChange } from "@/api/queries/batch";
import type { BatchSchedule, Rhythm } from "@/api/batch";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { useMinute } from "@/ui/time/use-minute";
import { LocalTime } from "@/ui/values";
import { nextRuns } from "./rhythm";
import { RhythmFields } from "./rhythm-fields";

interface Props {
  readonly projectId: number;
  readonly mayWrite: boolean;
}

const SHOWN = 3;

/** Predictions that come back by themselves, with their next runs. */
export function Schedules({ projectId, mayWrite }: Props) {
  const t = useT();
  const { modal, message } = App.useApp();
  const [edited, setEdited] = useState<BatchSchedule | null>(null);
  const close = (): void => {
    setEdited(null);
  };
  const query = useBatchSchedules(projectId);
  const act = useChangeSchedule(projectId);
  const run = (wanted: ScheduleChange): Promise<void> =>
    act.mutateAsync(wanted).then(
      () => undefined,
      (error: unknown) => void message.error(problemText(error, t)),
    );
  const askDelete = ({ schedule_id, name }: BatchSchedule): void => {
    void modal.confirm({ title: t("batch.deleteSchedule.title", { name }), content: t("batch.deleteSchedule.text"), okText: t("action.delete"), okButtonProps: { danger: true }, onOk: () => run({ scheduleId: schedule_id, change: null }) });
  };
  const columns: TableColumnsType<BatchSchedule> = [
    { title: t("field.name"), dataIndex: "name" },
    { title: t("batch.rhythm"), render: (_, row) => t(`batch.rhythm.${row.unit}`, { every: row.every }) },
    { title: t("batch.zone"), dataIndex: "time_zone" },
    { title: t("batch.last"), render: (_, row) => (row.last_batch_id === null ? "–" : <Link to={links.batch(projectId, row.last_batch_id)}>{row.last_batch_id}</Link>) },
    { title: t("batch.next"), render: (_, row) => <NextRuns schedule={row} /> },
    {
      title: <span className="ob-visually-hidden">{t("services.actions")}</span>,
      render: (_, row) => (
        <span className="ob-row" style={{ flexWrap: "nowrap" }}>
          <Button size="small" disabled={!mayWrite} onClick={() => { setEdited(row); }}>
            {t("batch.edit")}
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
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("batch.noSchedules.title")} text={t("batch.noSchedules.text")} />
          ) : (
            <Table rowKey="schedule_id" columns={columns} dataSource={items} pagination={false} scroll={{ x: "max-content" }} />
          )
        }
      </QueryView>
      {edited ? (
        <EditSchedule
          schedule={edited}
          isSaving={act.isPending}
          onSave={(change) => void run({ scheduleId: edited.schedule_id, change }).then(close)}
          onClose={close}
        />
      ) : null}
    </Panel>
  );
}

interface EditProps {
  readonly schedule: BatchSchedule;
  readonly isSaving: boolean;
  readonly onSave: (change: NonNullable<ScheduleChange["change"]>) => void;
  readonly onClose: () => void;
}

function EditSchedule({ schedule, isSaving, onSave, onClose }: EditProps) {
  const t = useT();
  const { unit, every, starts_at, ends_at, time_zone } = schedule;
  const [rhythm, setRhythm] = useState<Rhythm>({ unit, every, starts_at, ends_at, time_zone });
  const [missed, setMissed] = useState(schedule.missed);
  return (
    <Modal open title={schedule.name} width={640} okText={t("action.save")} okButtonProps={{ loading: isSaving }} onOk={() => { onSave({ ...rhythm, missed }); }} onCancel={onClose}>
      <RhythmFields value={rhythm} onChange={setRhythm} missed={missed} onMissed={setMissed} />
    </Modal>
  );
}

function NextRuns({ schedule }: { readonly schedule: BatchSchedule }) {
  const t = useT();
  const minute = useMinute();
  const runs = schedule.next_due_at === null ? [] : nextRuns(schedule, minute, SHOWN);
  if (runs.length === 0) return <span className="ob-muted">{t("batch.noNext")}</span>;
  return (
    <span className="ob-stack-s" style={{ gap: 0 }}>
      {runs.map((at) => (
        <LocalTime key={at} at={new Date(at).toISOString()} />
      ))}
    </span>
  );
}
