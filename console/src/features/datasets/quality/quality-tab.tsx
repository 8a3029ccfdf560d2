import { Alert, App, Button, InputNumber } from "antd";
import { lazy, Suspense, useState } from "react";
import { cancelQualityReport, startQualityReport, useJobCall, useQualityReports, type QualityReportJob } from "@/api/queries/data-jobs";
import type { VersionRef } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { DatasetKind } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { JobCard } from "../jobs/job-card";

const QualityDocument = lazy(() => import("./quality-document").then((module) => ({ default: module.QualityDocument })));

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly mayWrite: boolean;
  readonly onClean: (operator: string) => void;
}

const SEVERITIES = ["serious", "warning", "info"] as const;
const DISTANCE = { start: 6, most: 7 };

export function QualityTab({ refTo, kind, mayWrite, onClean }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const query = useQualityReports(refTo);
  const call = useJobCall(refTo);
  const [distance, setDistance] = useState(DISTANCE.start);
  const [chosen, setChosen] = useState<number | null>(null);
  const reports = itemsOf(query.data);
  const opened = reports.find((report) => report.report_id === chosen) ?? reports.find((report) => report.state === "finished");
  const start = (
    <Button
      type="primary"
      loading={call.isPending}
      onClick={() => {
        call.mutate(() => startQualityReport(refTo, distance), { onError: (error) => void message.error(problemText(error, t)) });
      }}
    >
      {t("quality.start")}
    </Button>
  );
  return (
    <div className="ob-stack">
      <Panel title={t("quality.title")}>
        <div className="ob-stack-s">
          <span className="ob-muted">{t("quality.intro")}</span>
          {mayWrite ? (
            <div className="ob-row">
              {kind.content === "image" ? (
                <label className="ob-row ob-small">
                  {t("quality.distance")}
                  <InputNumber
                    size="small"
                    min={0}
                    max={DISTANCE.most}
                    precision={0}
                    value={distance}
                    onChange={(value) => {
                      setDistance(value ?? DISTANCE.start);
                    }}
                  />
                </label>
              ) : null}
              {start}
            </div>
          ) : (
            <Alert type="info" showIcon title={t("problem.noWrite")} />
          )}
          <AsCommand command={`bml datasets report ${refTo.datasetId} --version ${refTo.versionNumber}`} />
        </div>
      </Panel>
      <QueryView query={query}>
        {(data) => {
          const items = itemsOf(data);
          if (items.length === 0) {
            return (
              <Panel>
                <EmptyState title={t("quality.empty")} />
              </Panel>
            );
          }
          return (
            <>
              {items.map((item) => (
                <ReportCard
                  key={item.report_id}
                  refTo={refTo}
                  item={item}
                  mayWrite={mayWrite}
                  isOpen={opened?.report_id === item.report_id}
                  onOpen={() => {
                    setChosen(item.report_id);
                  }}
                />
              ))}
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
      {opened?.state === "finished" ? (
        <Suspense fallback={null}>
          <QualityDocument refTo={refTo} reportId={opened.report_id} mayWrite={mayWrite} onClean={onClean} />
        </Suspense>
      ) : null}
    </div>
  );
}

interface CardProps {
  readonly refTo: VersionRef;
  readonly item: QualityReportJob;
  readonly mayWrite: boolean;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}

function ReportCard({ refTo, item, mayWrite, isOpen, onOpen }: CardProps) {
  const t = useT();
  const { findings } = item;
  return (
    <JobCard
      refTo={refTo}
      kind="quality"
      id={item.report_id}
      job={item}
      title={t("quality.report")}
      cancel={mayWrite ? () => cancelQualityReport(refTo, item.report_id) : null}
      actions={
        item.state === "finished" ? (
          <Button size="small" disabled={isOpen} onClick={onOpen}>
            {t(isOpen ? "quality.shown" : "quality.show")}
          </Button>
        ) : null
      }
    >
      {findings ? (
        <div className="ob-row ob-small ob-muted ob-num">
          {SEVERITIES.filter((severity) => (findings[severity] ?? 0) > 0).map((severity) => (
            <span key={severity}>{`${t(`quality.severity.${severity}`)}: ${findings[severity] ?? 0}`}</span>
          ))}
        </div>
      ) : null}
    </JobCard>
  );
}
