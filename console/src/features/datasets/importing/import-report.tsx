import { DownloadOutlined } from "@ant-design/icons";
import { App, Button, Segmented, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import type { VersionRef } from "@/api/queries/datasets";
import { importReport, useImportProblems, type Severity } from "@/api/queries/imports";
import { itemsOf } from "@/api/queries/paging";
import type { DataImport, ImportProblem } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";

const SEVERITIES: readonly (readonly [Severity, keyof DataImport["counts"]])[] = [
  ["rejected", "rejected"],
  ["skipped", "skipped"],
  ["cut", "cut"],
  ["changed", "changed"],
  ["duplicate", "duplicate"],
  ["ignored", "ignored"],
];

/** What became of files and lines that were not simply taken; fetched when it is opened. */
export function ImportReport({ refTo, item }: { readonly refTo: VersionRef; readonly item: DataImport }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <div className="ob-stack-s">
      <div className="ob-row">
        <Button
          size="small"
          aria-expanded={open}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {open ? t("imports.problem.hide") : t("imports.problem.show")}
        </Button>
        <DownloadReport refTo={refTo} importId={item.import_id} />
      </div>
      {open ? <Problems refTo={refTo} item={item} /> : null}
    </div>
  );
}

function DownloadReport({ refTo, importId }: { readonly refTo: VersionRef; readonly importId: number }) {
  const t = useT();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const download = (): void => {
    setBusy(true);
    importReport(refTo, importId)
      .then(
        (report) => {
          const link = document.createElement("a");
          link.href = report.download_url;
          link.download = `import-${importId}.csv`;
          link.click();
        },
        (error: unknown) => void message.error(problemText(error, t)),
      )
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <Button size="small" icon={<DownloadOutlined />} loading={busy} onClick={download}>
      {t("imports.report")}
    </Button>
  );
}

function Problems({ refTo, item }: { readonly refTo: VersionRef; readonly item: DataImport }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const [severity, setSeverity] = useState<Severity | "all">("all");
  const query = useImportProblems(refTo, item.import_id, severity === "all" ? null : severity, true);
  const columns: TableColumnsType<ImportProblem> = [
    { title: t("imports.problem.severity"), dataIndex: "severity", width: 110, render: (value: Severity) => t(`imports.severity.${value}`) },
    { title: t("imports.problem.file"), dataIndex: "file", width: "26%", render: (file: string) => <span className="ob-mono" style={{ overflowWrap: "anywhere" }}>{file}</span> },
    { title: t("imports.problem.line"), dataIndex: "line", width: 80, align: "right", render: (line: number | null) => <span className="ob-num">{line ? format.number(line) : "–"}</span> },
    { title: t("imports.problem.reason"), dataIndex: "reason", width: 190, render: (reason: string) => maybeT(`imports.failure.${reason}`) ?? <span className="ob-mono">{reason}</span> },
    { title: t("imports.problem.message"), dataIndex: "message" },
  ];
  const counted = SEVERITIES.filter(([, count]) => item.counts[count] > 0);
  return (
    <>
      {counted.length > 1 ? (
        <div>
          <Segmented<Severity | "all">
            size="small"
            aria-label={t("imports.problem.severity")}
            value={severity}
            onChange={setSeverity}
            options={[
              { value: "all", label: t("imports.severity.all") },
              ...counted.map(([value, count]) => ({ value, label: `${t(`imports.severity.${value}`)} ${format.number(item.counts[count])}` })),
            ]}
          />
        </div>
      ) : null}
      <QueryView query={query}>
        {(data) => {
          const problems = itemsOf(data);
          if (problems.length === 0) return <EmptyState title={t("imports.problem.none")} />;
          return (
            <>
              <Table
                size="small"
                rowKey={(row) => `${row.severity} ${row.file} ${row.line ?? 0} ${row.reason}`}
                columns={columns}
                dataSource={problems}
                pagination={false}
                scroll={{ x: 720, y: 320 }}
              />
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </>
  );
}
