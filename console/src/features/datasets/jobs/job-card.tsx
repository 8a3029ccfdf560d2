import { App, Button, Progress } from "antd";
import type { ReactNode } from "react";
import { isFinal, useJobCall, type JobState } from "@/api/queries/data-jobs";
import type { VersionRef } from "@/api/queries/datasets";
import type { Schemas } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";

interface Job {
  readonly state: JobState;
  readonly progress: Schemas["WorkProgress"];
  readonly failure: Schemas["Failure"] | null;
  readonly created_at: string;
}

interface Props {
  readonly refTo: VersionRef;
  readonly title: ReactNode;
  readonly id: number;
  readonly job: Job;
  readonly kind: string;
  /** Null where the person may not stop it. */
  readonly cancel: (() => Promise<unknown>) | null;
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

/** A job over the samples of a version: what it is, how far it is, what went wrong, a way to stop it. */
export function JobCard({ refTo, title, id, job, kind, cancel, actions, children }: Props) {
  const t = useT();
  const format = useFormat();
  const { message } = App.useApp();
  const call = useJobCall(refTo);
  const { done, total } = job.progress;
  const running = !isFinal(job.state);
  return (
    <Panel>
      <div className="ob-stack-s" data-testid={kind} data-state={job.state}>
        <div className="ob-between">
          <div className="ob-row">
            <strong>{title}</strong>
            <StateTag kind="job" state={job.state} />
            <span className="ob-muted ob-small">
              <LocalTime at={job.created_at} />
            </span>
            <CopyText text={id} />
          </div>
          <div className="ob-row">
            {actions}
            {running && cancel ? (
              <Button
                size="small"
                loading={call.isPending}
                disabled={job.state === "stopping"}
                onClick={() => {
                  call.mutate(cancel, { onError: (error) => void message.error(problemText(error, t)) });
                }}
              >
                {t("action.cancel")}
              </Button>
            ) : null}
          </div>
        </div>
        {running ? (
          <div>
            <Progress percent={total > 0 ? Math.floor((done / total) * 100) : 0} status="active" aria-label={t("bulk.running")} />
            <span className="ob-muted ob-small ob-num">
              {total > 0 ? t("jobs.progress", { done: format.number(done), total: format.number(total) }) : t("jobs.waiting")}
            </span>
          </div>
        ) : null}
        {job.failure ? (
          <div role="alert" className="ob-stack-s">
            <strong>{t(`jobs.fault.${job.failure.fault}`)}</strong>
            <span>{job.failure.message}</span>
          </div>
        ) : null}
        {children}
      </div>
    </Panel>
  );
}
