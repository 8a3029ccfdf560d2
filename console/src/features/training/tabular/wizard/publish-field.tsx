import { Form, Input, Select, Switch } from "antd";
import { useModels } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import { useT } from "@/i18n";
import { NEW_MODEL, type PublishChoice } from "./form-values";
import { isNewModel } from "./request";

interface Props {
  readonly projectId: number;
  readonly taskType: string;
  readonly choice: PublishChoice | undefined;
}

/** Whether the model goes to the repository when training ends, and as which. */
export function PublishField({ projectId, taskType, choice }: Props) {
  const t = useT();
  const isOn = choice?.on === true;
  return (
    <>
      <div className="ob-row">
        <Form.Item name={["publish", "on"]} valuePropName="checked" noStyle>
          <Switch aria-label={t("tabular.autoPublish")} />
        </Form.Item>
        <span>{t("tabular.autoPublish")}</span>
      </div>
      {isOn ? <PublishTarget projectId={projectId} taskType={taskType} isNew={isNewModel(choice)} /> : <span className="ob-small ob-muted">{t("tabular.publishLater")}</span>}
    </>
  );
}

function PublishTarget({ projectId, taskType, isNew }: { readonly projectId: number; readonly taskType: string; readonly isNew: boolean }) {
  const t = useT();
  const models = useModels(projectId);
  const fitting = itemsOf(models.data).filter((model) => model.task_type === taskType);
  return (
    <div className="ob-grid" style={{ rowGap: 0, marginTop: 12 }}>
      <Form.Item name={["publish", "model_id"]} label={t("models.target")} style={{ gridColumn: "span 6", marginBottom: 0 }}>
        <Select loading={models.isPending} options={[{ value: NEW_MODEL, label: t("models.new") }, ...fitting.map((model) => ({ value: model.model_id, label: model.name }))]} />
      </Form.Item>
      {isNew ? (
        <Form.Item
          name={["publish", "model_name"]}
          label={t("models.name")}
          style={{ gridColumn: "span 6", marginBottom: 0 }}
          rules={[
            { required: true, whitespace: true, message: t("form.required") },
            { max: 50, message: t("form.tooLong", { max: 50 }) },
          ]}
        >
          <Input />
        </Form.Item>
      ) : null}
    </div>
  );
}
