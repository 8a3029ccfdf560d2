import { DeleteOutlined, ExperimentOutlined, UploadOutlined } from "@ant-design/icons";
import { App, Button, Select, Tabs } from "antd";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { useDataset, useDatasetVersions, useDeleteDataset, type VersionRef } from "@/api/queries/datasets";
import { usePermissions } from "@/api/queries/identity";
import type { Dataset } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { FeatureMessages } from "@/i18n/feature-messages";
import { CopyText } from "@/ui/copy";
import { Page } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";
import { useKind } from "./dataset-kind";
import { loadDatasetTexts } from "./dataset-texts";
import { Imports } from "./importing/imports";
import { Exports } from "./jobs/exports";
import { Labels } from "./labels/labels";
import { Derivations } from "./quality/derivations";
import { QualityTab } from "./quality/quality-tab";
import { RenameDataset } from "./rename-dataset";
import { SampleBrowser } from "./samples/sample-browser";
import { TableRows } from "./samples/table-rows";
import { Lineage } from "./versions/lineage";
import { Versions } from "./versions/versions";

const POLL_WHILE_IMPORTING_MS = 3000;

export function DatasetPage() {
  return (
    <FeatureMessages load={loadDatasetTexts}>
      <LoadedPage />
    </FeatureMessages>
  );
}

function LoadedPage() {
  const projectId = useProjectId();
  const datasetId = useIdParam("datasetId");
  const query = useDataset(projectId, datasetId, POLL_WHILE_IMPORTING_MS);
  return <QueryView query={query}>{(dataset) => <DatasetView key={dataset.dataset_id} projectId={projectId} dataset={dataset} />}</QueryView>;
}

function DatasetView({ projectId, dataset }: { readonly projectId: number; readonly dataset: Dataset }) {
  const t = useT();
  const format = useFormat();
  const { kind, name: kindName } = useKind(dataset);
  const [params, setParams] = useSearchParams();
  const permissions = usePermissions(projectId);
  const [newest] = useState(dataset.latest_version); // a version that a job adds meanwhile must not take this one away
  const versionNumber = Number(params.get("version")) || newest;
  const ref: VersionRef = { projectId, datasetId: dataset.dataset_id, versionNumber };
  const tab = params.get("tab") ?? (dataset.sample_count === 0 ? "imports" : "samples");
  // The filter of the samples belongs to their tab and version only.
  const goTo = (change: Record<string, string>): void => {
    const version = params.get("version");
    setParams({ ...(version ? { version } : {}), tab, ...change }, { replace: true });
  };
  const toImports = (): void => {
    goTo({ tab: "imports" });
  };
  const openVersion = (version: number): void => {
    setParams({ version: String(version), tab: "samples" });
  };
  const may = { write: permissions.has("datasets.write"), manage: permissions.has("datasets.manage") };
  const tabsOf = () => {
    if (!kind) return [];
    const rows = kind.content === "rows";
    const common = { refTo: ref, kind, mayWrite: may.write, mayManage: may.manage };
    const clean = (operator: string): void => {
      goTo({ tab: "derive", operator });
    };
    return [
      {
        key: "samples",
        label: t(rows ? "table.rows" : "datasets.samples"),
        children: rows ? <TableRows refTo={ref} mayImport={may.write} onImport={toImports} /> : <SampleBrowser {...common} onImport={toImports} />,
      },
      { key: "imports", label: t("imports.title"), children: <Imports refTo={ref} dataset={dataset} mayWrite={may.write} /> },
      ...(kind.annotation_form === "none" ? [] : [{ key: "labels", label: t("labels.title"), children: <Labels {...common} /> }]),
      { key: "versions", label: t("versions.title"), children: <Versions {...common} dataset={dataset} onOpen={openVersion} /> },
      { key: "exports", label: t("exports.title"), children: <Exports {...common} dataset={dataset} /> },
      { key: "quality", label: t("quality.title"), children: <QualityTab {...common} onClean={clean} /> },
      ...(rows ? [] : [{ key: "derive", label: t("derive.title"), children: <Derivations {...common} advised={params.get("operator")} /> }]),
      { key: "lineage", label: t("lineage.title"), children: <Lineage refTo={ref} /> },
    ];
  };
  return (
    <Page
      title={dataset.name}
      crumbs={[{ label: t("nav.datasets"), to: links.datasets(projectId) }]}
      sub={
        <>
          <StateTag kind="dataset" state={dataset.state} />
          <span>{kindName}</span>
          <span>{t("datasets.sampleCount", { count: dataset.sample_count })}</span>
          <span>{t("datasets.labelledCount", { count: format.number(dataset.labelled_count) })}</span>
          <LocalTime at={dataset.created_at} />
          <CopyText text={dataset.dataset_id} />
        </>
      }
      actions={
        <>
          <VersionSelect projectId={projectId} dataset={dataset} value={versionNumber} onChange={(version) => { goTo({ version: String(version), tab }); }} />
          <Button
            icon={<UploadOutlined />}
            disabled={!may.write}
            onClick={toImports}
          >
            {t("imports.start")}
          </Button>
          <RenameDataset projectId={projectId} dataset={dataset} disabled={!may.write} />
          <TrainLink projectId={projectId} dataset={dataset} />
          <DeleteDataset projectId={projectId} dataset={dataset} disabled={!may.manage} />
        </>
      }
    >
      <Tabs
        activeKey={tab}
        onChange={(key) => {
          goTo({ tab: key });
        }}
        destroyOnHidden
        items={kind ? tabsOf() : []}
      />
    </Page>
  );
}

interface VersionSelectProps {
  readonly projectId: number;
  readonly dataset: Dataset;
  readonly value: number;
  readonly onChange: (version: number) => void;
}

function VersionSelect({ projectId, dataset, value, onChange }: VersionSelectProps) {
  const t = useT();
  const versions = useDatasetVersions(projectId, dataset.dataset_id);
  const numbers = versions.data?.items.map((version) => version.version_number) ?? [dataset.latest_version];
  if (numbers.length < 2) return <span className="ob-muted">{`V${value}`}</span>;
  return (
    <Select
      aria-label={t("field.version")}
      value={value}
      onChange={onChange}
      options={numbers.map((number) => ({ value: number, label: `V${number}` }))}
    />
  );
}

function TrainLink({ projectId, dataset }: { readonly projectId: number; readonly dataset: Dataset }) {
  const t = useT();
  const navigate = useNavigate();
  return (
    <Button
      type="primary"
      icon={<ExperimentOutlined />}
      disabled={dataset.labelled_count === 0}
      onClick={() => void navigate(`${links.experiments(projectId)}?dataset=${dataset.dataset_id}`)}
    >
      {t("datasets.train")}
    </Button>
  );
}

function DeleteDataset({ projectId, dataset, disabled }: { readonly projectId: number; readonly dataset: Dataset; readonly disabled: boolean }) {
  const t = useT();
  const { modal, message } = App.useApp();
  const navigate = useNavigate();
  const remove = useDeleteDataset(projectId);
  const ask = (): void => {
    void modal.confirm({
      title: t("datasets.delete.title", { name: dataset.name }),
      content: t("datasets.delete.text", { count: dataset.sample_count }),
      okText: t("action.delete"),
      okButtonProps: { danger: true },
      onOk: () =>
        remove.mutateAsync(dataset.dataset_id).then(
          () => navigate(links.datasets(projectId)),
          (error: unknown) => void message.error(problemText(error, t)),
        ),
    });
  };
  return <Button danger icon={<DeleteOutlined />} aria-label={t("action.delete")} disabled={disabled} onClick={ask} />;
}
