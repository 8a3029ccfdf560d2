import { Alert, App, Button, Spin, Table, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useDropImport, useModelImport, useSubmitImport } from "@/api/queries/repository";
import type { ModelImport, ModelImportProblem } from "@/api/serving";
import { useMaybeT, useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly projectId: number;
  readonly modelId: number;
  readonly importId: number;
  readonly onAgain: () => void;
}

/** An import after its files are there: what was found in them, and the way to a version. */
export function ImportProgress(props: Props) {
  const query = useModelImport(props.projectId, props.modelId, props.importId);
  return <QueryView query={query}>{(known) => <State {...props} known={known} />}</QueryView>;
}

function State({ projectId, modelId, importId, known, onAgain }: Props & { readonly known: ModelImport }) {
  const t = useT();
  const { message } = App.useApp();
  const submit = useSubmitImport(projectId, modelId);
  const drop = useDropImport(projectId, modelId);
  const fail = (error: unknown): void => void message.error(problemText(error, t));
  const again = (): void => {
    drop.mutate(importId, { onSuccess: onAgain, onError: fail });
  };
  const hasProblems = known.problems.length > 0;
  return (
    <Panel title={t("imports.model.checks")}>
      <div className="ob-stack" data-testid="import" data-state={known.state} aria-live="polite">
        <Told known={known} />
        {hasProblems ? <Problems problems={known.problems} /> : null}
        <div className="ob-row">
          {known.state === "ready" && known.version_number !== null ? <Link to={links.modelVersion(projectId, modelId, known.version_number)}>{t("imports.model.open", { version: `V${known.version_number}` })}</Link> : null}
          {known.state === "checking" && !hasProblems ? (
            <Button type="primary" loading={submit.isPending} onClick={() => { submit.mutate(importId, { onError: fail }); }}>
              {t("imports.model.submit")}
            </Button>
          ) : null}
          {known.state === "uploading" || known.state === "checking" || known.state === "failed" ? (
            <Button loading={drop.isPending} onClick={again}>
              {t("imports.model.again")}
            </Button>
          ) : null}
        </div>
      </div>
    </Panel>
  );
}

function Told({ known }: { readonly known: ModelImport }) {
  const t = useT();
  if (known.state === "submitted") {
    return (
      <div className="ob-row" role="status">
        <Spin />
        {t("imports.model.state.submitted")}
      </div>
    );
  }
  if (known.state === "ready") return <Alert type="success" showIcon title={t("imports.model.state.ready")} />;
  if (known.problems.length > 0) return <Alert type="error" showIcon role="alert" title={t("imports.model.problems", { count: known.problems.length })} description={t("imports.model.mend")} />;
  if (known.state === "failed") return <Alert type="error" showIcon role="alert" title={t("imports.model.state.failed")} />;
  if (known.state === "uploading") return <Alert type="warning" showIcon title={t("imports.model.state.uploading")} />;
  return <Alert type="success" showIcon title={t("imports.model.good")} />;
}

/** What is wrong with each file, and how to mend it. */
function Problems({ problems }: { readonly problems: readonly ModelImportProblem[] }) {
  const t = useT();
  const maybeT = useMaybeT();
  const columns: TableColumnsType<ModelImportProblem> = [
    { title: t("imports.model.file"), width: 220, render: (_, problem) => <span className="ob-mono ob-breaks">{problem.file || t("imports.model.allFiles")}</span> },
    { title: t("imports.model.problem"), dataIndex: "message" },
    { title: t("imports.model.remedy"), render: (_, problem) => maybeT(`modelCheck.${problem.code}`) ?? t("imports.model.remedyOther") },
  ];
  return <Table size="small" rowKey={(problem) => `${problem.file}/${problem.code}/${problem.message}`} columns={columns} dataSource={[...problems]} pagination={false} />;
}
