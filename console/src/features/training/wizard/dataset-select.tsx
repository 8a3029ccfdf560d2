import { Select } from "antd";
import { useDeferredValue, useState } from "react";
import { useDataset, useDatasets } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { Dataset, TrainingTask } from "@/api/types";
import { useT } from "@/i18n";
import { datasetBlock, fitsTask } from "../task-data";

interface Props {
  readonly id?: string;
  readonly value?: number;
  readonly onChange?: (datasetId: number | undefined) => void;
  readonly onDataset?: (dataset: Dataset | undefined) => void;
  readonly projectId: number;
  readonly task: TrainingTask | undefined;
  readonly placeholder: string;
  readonly allowClear?: boolean;
}

/** Only datasets of the task's kind; those that cannot be used now are shown with the reason. */
export function DatasetSelect({ id, value, onChange, onDataset, projectId, task, placeholder, allowClear = false }: Props) {
  const t = useT();
  const [search, setSearch] = useState("");
  const query = useDatasets(projectId, useDeferredValue(search.trim()), task?.data_type, task?.annotation_type);
  const chosen = useDataset(projectId, value ?? 0, false, value !== undefined);
  const listed = itemsOf(query.data).filter((dataset) => fitsTask(dataset, task));
  const known = chosen.data && !listed.some((dataset) => dataset.dataset_id === value) ? [chosen.data, ...listed] : listed;
  return (
    <Select
      {...(id ? { id } : {})}
      value={value ?? null}
      allowClear={allowClear}
      loading={query.isFetching}
      placeholder={placeholder}
      showSearch={{ filterOption: false, onSearch: setSearch }}
      notFoundContent={t("runs.form.noneOfKind")}
      onChange={(next: number | null) => {
        onChange?.(next ?? undefined);
        onDataset?.(known.find((dataset) => dataset.dataset_id === next));
      }}
      onPopupScroll={(event) => {
        const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
        if (scrollTop + clientHeight > scrollHeight - 40 && query.hasNextPage && !query.isFetching) void query.fetchNextPage();
      }}
      options={known.map((dataset) => {
        const block = datasetBlock(dataset);
        const name = dataset.data_type === "table" ? t("runs.form.tableOption", { name: dataset.name, count: dataset.sample_count }) : t("runs.form.datasetOption", { name: dataset.name, count: dataset.labelled_count });
        return { value: dataset.dataset_id, disabled: block !== null, label: block ? `${name} · ${t(`runs.form.block.${block}`)}` : name };
      })}
    />
  );
}
