import { Form, Radio, Select } from "antd";
import { useState } from "react";
import { useDatasets, useDatasetVersions, useLabels, type VersionRef } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { Dataset, Schemas } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";

export type SourceVersion = Schemas["NewSource"];

export const TAKES = ["all", "labelled", "unlabelled", "without_annotations"] as const;

interface Props {
  readonly refTo: VersionRef;
  readonly dataset: Dataset;
  readonly value: SourceVersion | null;
  readonly onChange: (source: SourceVersion | null) => void;
}

/** Another version of the project and what of it is taken; samples are copied by reference. */
export function SourceChoice({ refTo, dataset, value, onChange }: Props) {
  const t = useT();
  const [search, setSearch] = useState("");
  const datasets = useDatasets(refTo.projectId, search, dataset.data_type);
  const possible = itemsOf(datasets.data).filter((other) => other.sample_count > 0 || other.latest_version > 1);
  return (
    <Form layout="vertical" component="div">
      <Form.Item label={t("imports.source.dataset")} extra={t("imports.source.help")}>
        <Select
          aria-label={t("imports.source.dataset")}
          showSearch={{ filterOption: false, onSearch: setSearch }}
          loading={datasets.isFetching}
          value={value?.dataset_id ?? null}
          placeholder={t("imports.source.choose")}
          notFoundContent={t("imports.source.none")}
          options={possible.map((other) => ({ value: other.dataset_id, label: `${other.name} · ${t("datasets.sampleCount", { count: other.sample_count })}` }))}
          onChange={(datasetId: number | null) => {
            const chosen = possible.find((other) => other.dataset_id === datasetId);
            onChange(chosen ? { dataset_id: chosen.dataset_id, version_number: refTo.datasetId === chosen.dataset_id && refTo.versionNumber === chosen.latest_version ? Math.max(1, chosen.latest_version - 1) : chosen.latest_version, take: "all", labels: [] } : null);
          }}
        />
      </Form.Item>
      {value ? <SourceDetails refTo={refTo} value={value} onChange={onChange} /> : null}
    </Form>
  );
}

function SourceDetails({ refTo, value, onChange }: { readonly refTo: VersionRef; readonly value: SourceVersion; readonly onChange: (source: SourceVersion) => void }) {
  const t = useT();
  const format = useFormat();
  const versions = useDatasetVersions(refTo.projectId, value.dataset_id);
  const labels = useLabels({ projectId: refTo.projectId, datasetId: value.dataset_id, versionNumber: value.version_number });
  const withLabels = value.take === "all" || value.take === "labelled";
  return (
    <>
      <Form.Item label={t("field.version")}>
        <Select
          aria-label={t("field.version")}
          value={value.version_number}
          loading={versions.isLoading}
          options={(versions.data?.items ?? []).map((version) => ({
            value: version.version_number,
            label: `V${version.version_number} · ${t("datasets.sampleCount", { count: version.sample_count })}`,
            disabled: refTo.datasetId === value.dataset_id && refTo.versionNumber === version.version_number,
          }))}
          onChange={(version_number: number) => {
            onChange({ ...value, version_number, labels: [] });
          }}
        />
      </Form.Item>
      <Form.Item label={t("imports.source.take")}>
        <Radio.Group
          value={value.take}
          options={TAKES.map((take) => ({ value: take, label: t(`imports.take.${take}`) }))}
          onChange={(event) => {
            onChange({ ...value, take: event.target.value as SourceVersion["take"], labels: [] });
          }}
        />
      </Form.Item>
      {withLabels ? (
        <Form.Item label={t("imports.source.labels")} extra={t("imports.source.labelsHelp")}>
          <Select
            mode="multiple"
            aria-label={t("imports.source.labels")}
            value={value.labels}
            loading={labels.isLoading}
            maxTagCount={8}
            options={(labels.data?.items ?? []).map((label) => ({ value: label.name, label: `${label.name} · ${format.number(label.sample_count)}` }))}
            onChange={(chosen: string[]) => {
              onChange({ ...value, labels: chosen });
            }}
          />
        </Form.Item>
      ) : null}
    </>
  );
}
