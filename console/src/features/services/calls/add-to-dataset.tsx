import { App, Button, Select } from "antd";
import { useState } from "react";
import { useDatasets } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import { useImportFeedback } from "@/api/queries/service-calls";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly logIds: readonly string[];
  readonly onDone: () => void;
}

/** The kept inputs of the chosen calls become samples, with the labels that people said were right. */
export function AddToDataset({ projectId, service, logIds, onDone }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [datasetId, setDatasetId] = useState<number | null>(null);
  const datasets = itemsOf(useDatasets(projectId).data).filter((dataset) => dataset.data_type !== "table");
  const dataset = datasets.find((known) => known.dataset_id === datasetId);
  const add = useImportFeedback(projectId, service.service_id);
  return (
    <div className="ob-bulk" role="region" aria-label={t("bulk.action")}>
      <strong>{t("calls.chosen", { count: logIds.length })}</strong>
      <Select
        showSearch={{ optionFilterProp: "label" }}
        style={{ width: 260 }}
        aria-label={t("calls.dataset")}
        placeholder={t("calls.dataset")}
        value={datasetId}
        onChange={setDatasetId}
        options={datasets.map((known) => ({ value: known.dataset_id, label: known.name }))}
      />
      <Button
        type="primary"
        disabled={!dataset}
        loading={add.isPending}
        onClick={() => {
          if (!dataset) return;
          add.mutate(
            { log_ids: [...logIds], dataset_id: dataset.dataset_id, version_number: dataset.latest_version },
            {
              onSuccess: ({ items }) => {
                const count = items.filter((item) => item.outcome === "added").length;
                void message.info(count === items.length ? t("calls.added", { name: dataset.name }) : t("calls.notAdded", { count, total: items.length, name: dataset.name }));
                onDone();
              },
              onError: (error) => void message.error(problemText(error, t)),
            },
          );
        }}
      >
        {t("calls.addToDataset")}
      </Button>
      <Button type="text" onClick={onDone}>
        {t("action.cancel")}
      </Button>
    </div>
  );
}
