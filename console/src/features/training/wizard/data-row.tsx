import { DeleteOutlined } from "@ant-design/icons";
import { Button, Form, Select } from "antd";
import { useEffect } from "react";
import { useDataset, useDatasetVersions } from "@/api/queries/datasets";
import { useVersionLabels } from "@/api/queries/labels";
import type { TrainingTask } from "@/api/types";
import { useT } from "@/i18n";
import { usableCount } from "../task-data";
import { DatasetSelect } from "./dataset-select";

interface Props {
  readonly projectId: number;
  readonly task: TrainingTask | undefined;
  /** Where the choice stands in the form, and its place in a list of them. */
  readonly path: readonly (string | number)[];
  readonly item: readonly (string | number)[];
  readonly label: string;
  readonly required: boolean;
  readonly extra?: string;
  readonly placeholder: string;
  readonly onRemove?: () => void;
}

/** A dataset, its version and which of its labels. */
export function DataRow({ projectId, task, path, item, label, required, extra, placeholder, onRemove }: Props) {
  const t = useT();
  const form = Form.useFormInstance();
  const datasetId = Form.useWatch([...path, "dataset_id"], form) as number | undefined;
  const version = Form.useWatch([...path, "version_number"], form) as number | undefined;
  const dataset = useDataset(projectId, datasetId ?? 0, false, datasetId !== undefined);
  const latest = dataset.data?.dataset_id === datasetId ? dataset.data?.latest_version : undefined;
  const isTable = task?.data_type === "table";
  useEffect(() => {
    if (datasetId !== undefined && version === undefined && latest !== undefined) form.setFieldValue([...path, "version_number"], latest);
  }, [datasetId, version, latest, form, path]);
  return (
    <div className="ob-grid" style={{ rowGap: 0 }}>
      <Form.Item
        name={[...item, "dataset_id"]}
        label={label}
        {...(extra ? { extra } : {})}
        style={{ gridColumn: "span 8" }}
        rules={[{ required, message: t("runs.form.chooseDataset") }]}
      >
        <DatasetSelect
          projectId={projectId}
          task={task}
          placeholder={placeholder}
          allowClear={!required}
          onDataset={(chosen) => {
            form.setFieldValue([...path, "version_number"], chosen?.latest_version);
            form.setFieldValue([...path, "labels"], undefined);
          }}
        />
      </Form.Item>
      <div className="ob-row" style={{ gridColumn: "span 4", flexWrap: "nowrap", alignItems: "flex-start" }}>
        <VersionField projectId={projectId} datasetId={datasetId} item={item} version={version} latest={latest} isTable={isTable} />
        {onRemove ? <Button type="text" icon={<DeleteOutlined />} aria-label={t("runs.form.removeDataset")} onClick={onRemove} style={{ marginTop: 30 }} /> : null}
      </div>
      {datasetId !== undefined && version !== undefined && !isTable ? <LabelsField projectId={projectId} datasetId={datasetId} version={version} item={item} /> : null}
    </div>
  );
}

interface VersionProps {
  readonly projectId: number;
  readonly datasetId: number | undefined;
  readonly item: readonly (string | number)[];
  readonly version: number | undefined;
  readonly latest: number | undefined;
  readonly isTable: boolean;
}

function VersionField({ projectId, datasetId, item, version, latest, isTable }: VersionProps) {
  const t = useT();
  const query = useDatasetVersions(projectId, datasetId ?? 0, false, datasetId !== undefined);
  const isOlder = version !== undefined && latest !== undefined && version < latest;
  return (
    <Form.Item name={[...item, "version_number"]} label={t("runs.form.version")} style={{ flex: 1 }} {...(isOlder ? { extra: t("runs.form.newerVersion", { version: `V${latest}` }) } : {})}>
      <Select
        disabled={datasetId === undefined}
        loading={query.isFetching}
        options={(query.data?.items ?? []).map((row) => {
          const count = usableCount(row, isTable);
          const told = { version: `V${row.version_number}`, count };
          return { value: row.version_number, disabled: count === 0, label: isTable ? t("runs.form.tableVersionOption", told) : t("runs.form.versionOption", told) };
        })}
      />
    </Form.Item>
  );
}

interface LabelsProps {
  readonly projectId: number;
  readonly datasetId: number;
  readonly version: number;
  readonly item: readonly (string | number)[];
}

function LabelsField({ projectId, datasetId, version, item }: LabelsProps) {
  const t = useT();
  const [query] = useVersionLabels([{ projectId, datasetId, versionNumber: version }]);
  const labels = query?.data?.labels ?? [];
  return (
    <Form.Item
      name={[...item, "labels"]}
      label={t("runs.form.labels")}
      extra={t("runs.form.labelsHelp", { count: labels.filter((label) => label.sample_count > 0).length })}
      style={{ gridColumn: "1 / -1" }}
    >
      <Select
        mode="multiple"
        allowClear
        maxTagCount="responsive"
        loading={query?.isPending ?? false}
        placeholder={t("runs.form.allLabels")}
        options={labels.map((label) => ({ value: label.name, disabled: label.sample_count === 0, label: t("runs.form.labelOption", { name: label.name, count: label.sample_count }) }))}
      />
    </Form.Item>
  );
}
