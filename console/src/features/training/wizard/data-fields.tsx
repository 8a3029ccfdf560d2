import { PlusOutlined } from "@ant-design/icons";
import { Alert, Button, Form } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { useDatasets } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { TrainingTask } from "@/api/types";
import { useT } from "@/i18n";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { fitsTask } from "../task-data";
import { DataRow } from "./data-row";

interface Props {
  readonly projectId: number;
  readonly task: TrainingTask | undefined;
}

const MOST_DATASETS = 20;

/** The training set: several dataset versions, whose labels of one name are one class (spec 03 section 2.3). */
export function TrainingData({ projectId, task }: Props) {
  const t = useT();
  const none = task?.data_type === "table" ? t("runs.form.noTable") : t("runs.form.noDataset");
  const query = useDatasets(projectId, "", task?.data_type, task?.annotation_type);
  return (
    <QueryView query={query}>
      {(data) => {
        if (!itemsOf(data).some((dataset) => fitsTask(dataset, task))) {
          return <Alert type="warning" showIcon title={none} action={<Link to={links.datasets(projectId)}>{t("nav.datasets")}</Link>} />;
        }
        return (
          <Form.List name="training">
            {(fields, { add, remove }) => (
              <>
                {fields.map((field) => (
                  <TrainingRow
                    key={field.key}
                    projectId={projectId}
                    task={task}
                    place={field.name}
                    {...(fields.length > 1
                      ? {
                          onRemove: () => {
                            remove(field.name);
                          },
                        }
                      : {})}
                  />
                ))}
                <Button
                  type="dashed"
                  icon={<PlusOutlined />}
                  disabled={fields.length >= MOST_DATASETS}
                  onClick={() => {
                    add({});
                  }}
                >
                  {t("runs.form.addDataset")}
                </Button>
              </>
            )}
          </Form.List>
        );
      }}
    </QueryView>
  );
}

function TrainingRow({ place, ...rest }: Props & { readonly place: number; readonly onRemove?: () => void }) {
  const t = useT();
  const paths = useMemo(() => ({ path: ["training", place], item: [place] }), [place]);
  return <DataRow {...rest} {...paths} required label={t("runs.form.trainingSet")} placeholder={t("runs.form.chooseDataset")} />;
}

const EVALUATION = ["evaluation"] as const;

export function EvaluationData({ projectId, task }: Props) {
  const t = useT();
  return (
    <DataRow
      projectId={projectId}
      task={task}
      path={EVALUATION}
      item={EVALUATION}
      required={false}
      label={t("runs.form.evaluationSet")}
      extra={task?.data_type === "table" ? t("runs.form.evaluationTableHelp") : t("runs.form.evaluationHelp")}
      placeholder={t("runs.form.holdOut")}
    />
  );
}
