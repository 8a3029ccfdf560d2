import { Alert, Form, Select } from "antd";
import { Link } from "react-router";
import { useLabels, type useDatasets } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { Dataset } from "@/api/types";
import { useT } from "@/i18n";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly projectId: number;
  readonly query: ReturnType<typeof useDatasets>;
}

/** Spec 03 section 2.3: a dataset can be chosen when it holds labelled data and nothing is being imported. */
function isSelectable(dataset: Dataset): boolean {
  return dataset.labelled_count > 0 && dataset.state !== "importing" && dataset.state !== "deleting";
}

export function DataFields({ projectId, query }: Props) {
  const t = useT();
  const datasetId = Form.useWatch<number | undefined>("dataset_id");
  return (
    <QueryView query={query}>
      {(data) => {
        const datasets = itemsOf(data);
        const options = datasets.map((dataset) => ({
          value: dataset.dataset_id,
          label: t("runs.form.datasetOption", { name: dataset.name, count: dataset.labelled_count }),
          disabled: !isSelectable(dataset),
        }));
        if (!datasets.some(isSelectable)) {
          return <Alert type="warning" showIcon title={t("runs.form.noDataset")} action={<Link to={links.datasets(projectId)}>{t("nav.datasets")}</Link>} />;
        }
        const chosen = datasets.find((dataset) => dataset.dataset_id === datasetId);
        return (
          <>
            <Form.Item name="dataset_id" label={t("runs.form.trainingSet")} rules={[{ required: true, message: t("runs.form.chooseDataset") }]}>
              <Select options={options} showSearch={{ optionFilterProp: "label" }} placeholder={t("runs.form.chooseDataset")} />
            </Form.Item>
            {chosen ? <LabelsField projectId={projectId} dataset={chosen} /> : null}
            <Form.Item
              name="evaluation_dataset_id"
              label={t("runs.form.evaluationSet")}
              extra={t("runs.form.evaluationHelp")}
              style={{ marginBottom: 0 }}
            >
              <Select
                allowClear
                options={options.map((option) => ({ ...option, disabled: option.disabled || option.value === datasetId }))}
                placeholder={t("runs.form.holdOut")}
              />
            </Form.Item>
          </>
        );
      }}
    </QueryView>
  );
}

function LabelsField({ projectId, dataset }: { readonly projectId: number; readonly dataset: Dataset }) {
  const t = useT();
  const query = useLabels({ projectId, datasetId: dataset.dataset_id, versionNumber: dataset.latest_version });
  const labels = query.data?.items ?? [];
  return (
    <Form.Item
      name="labels"
      label={t("runs.form.labels")}
      extra={t("runs.form.labelsHelp", { count: labels.length })}
      rules={[
        {
          validator: (_, value: string[] | undefined) =>
            value?.length === 1 ? Promise.reject(new Error(t("runs.form.twoLabels"))) : Promise.resolve(),
        },
      ]}
    >
      <Select
        mode="multiple"
        allowClear
        maxTagCount="responsive"
        loading={query.isPending}
        placeholder={t("runs.form.allLabels")}
        options={labels.map((label) => ({ value: label.name, label: t("runs.form.labelOption", { name: label.name, count: label.sample_count }) }))}
      />
    </Form.Item>
  );
}
