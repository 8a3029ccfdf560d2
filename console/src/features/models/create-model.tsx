import { App, Form, Input, Modal, Select } from "antd";
import { useCreateModel, useImportCatalog } from "@/api/queries/repository";
import { MODEL_SOURCES } from "@/api/serving";
import type { Model, Schemas } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { problemText } from "@/ui/problem-text";
import { importTasks } from "./importing/import-form";
import { MODEL_TASKS } from "./model-tasks";
import { useSourceName } from "./source-name";
import { ModelNameItem } from "./model-name-item";

type NewModel = Schemas["ModelRequest"];

interface Props {
  readonly open: boolean;
  readonly projectId: number;
  readonly onClose: () => void;
  readonly onCreated: (model: Model) => void;
}

/** A model may be made empty; its versions come later (spec 03 section 7.4). */
export function CreateModel({ open, projectId, onClose, onCreated }: Props) {
  const t = useT();
  const maybeT = useMaybeT();
  const sourceName = useSourceName();
  const { message } = App.useApp();
  const create = useCreateModel(projectId);
  const catalog = useImportCatalog(projectId);
  const [form] = Form.useForm<NewModel>();
  const values = Form.useWatch([], form) as Partial<NewModel> | undefined;
  const tasks = values?.source === "local" && catalog.data ? [...importTasks(catalog.data), ...MODEL_TASKS.filter((task) => !importTasks(catalog.data).includes(task))] : MODEL_TASKS;
  return (
    <Modal
      open={open}
      title={t("models.create")}
      okText={t("action.create")}
      okButtonProps={{ loading: create.isPending }}
      onOk={() => {
        form.submit();
      }}
      onCancel={onClose}
      destroyOnHidden
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ source: "local", description: "" }}
        onFinish={(wanted) => {
          create.mutate(
            { ...wanted, name: wanted.name.trim() },
            {
              onSuccess: (model) => {
                onClose();
                onCreated(model);
              },
              onError: (error) => void message.error(problemText(error, t)),
            },
          );
        }}
      >
        <ModelNameItem />
        <Form.Item name="source" label={t("models.source")} extra={t("models.sourceHelp")}>
          <Select options={MODEL_SOURCES.map((value) => ({ value, label: sourceName(value) }))} />
        </Form.Item>
        <Form.Item name="task_type" label={t("experiments.task")} extra={t("models.taskHelp")} rules={[{ required: true, message: t("form.required") }]}>
          <Select showSearch={{ optionFilterProp: "label" }} options={tasks.map((value) => ({ value, label: maybeT(`task.${value}`) ?? value }))} />
        </Form.Item>
        <Form.Item name="description" label={t("field.description")}>
          <Input.TextArea rows={2} maxLength={500} showCount />
        </Form.Item>
        <AsCommand command={`bml models create ${JSON.stringify(values?.name ?? "")} --task ${values?.task_type ?? "TASK"} --source ${values?.source ?? "local"}`} />
      </Form>
    </Modal>
  );
}
