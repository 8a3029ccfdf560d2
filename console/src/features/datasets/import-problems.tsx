import { Button, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { useImportProblems, type VersionRef } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { ImportProblem } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { QueryView } from "@/ui/query-view";

/** Which files were not taken, and why; fetched when it is opened. */
export function ImportProblems({ refTo, importId }: { readonly refTo: VersionRef; readonly importId: number }) {
  const t = useT();
  const maybeT = useMaybeT();
  const [open, setOpen] = useState(false);
  const query = useImportProblems(refTo, importId, open);
  const columns: TableColumnsType<ImportProblem> = [
    { title: t("imports.problem.file"), dataIndex: "file", render: (file: string) => <span className="ob-mono">{file}</span> },
    { title: t("imports.problem.reason"), dataIndex: "reason", render: (reason: string) => maybeT(`imports.failure.${reason}`) ?? reason },
    { title: t("imports.problem.message"), dataIndex: "message" },
  ];
  return (
    <div className="ob-stack-s">
      <div>
        <Button
          size="small"
          aria-expanded={open}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {open ? t("imports.problem.hide") : t("imports.problem.show")}
        </Button>
      </div>
      {open ? (
        <QueryView query={query}>
          {(data) => {
            const problems = itemsOf(data);
            if (problems.length === 0) return <EmptyState title={t("imports.problem.none")} />;
            return (
              <>
                <Table size="small" rowKey={(row) => `${row.file} ${row.reason}`} columns={columns} dataSource={problems} pagination={false} scroll={{ y: 320 }} />
                <LoadMore query={query} />
              </>
            );
          }}
        </QueryView>
      ) : null}
    </div>
  );
}
