import { App, Form, Input, Modal, Select } from "antd";
import { useNavigate } from "react-router";
import { useCreateExperiment } from "@/api/queries/training";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";

interface Props {
  readonly open: boolean;
  readonly projectId: number;
  readonly dataset: string | null;
  readonly onClose: () => void;
}

interface Values {
  readonly name: string;
  readonly description?: string;
}

export function CreateExperiment({ open, projectId, dataset, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const create = useCreateExperiment(projectId);
  const [form] = Form.useForm<Values>();
  const name = (Form.useWatch("name", form) as string | undefined) ?? "";
  const submit = (values: Values): void => {
    create.mutate(
      {
        name: values.name.trim(),
        direction: "vision",
        task_type: "image_classification",
        ...(values.description ? { description: values.description } : {}),
      },
      {
        onSuccess: (experiment) => {
          onClose();
          const next = links.newRun(projectId, experiment.experiment_id);
          void navigate(dataset ? `${next}?dataset=${dataset}` : next);
        },
        onError: (error) => void message.error(problemText(error, t)),
      },
    );
  };
  return (
    <Modal
      open={open}
      title={t("experiments.create")}
      okText={t("action.create")}
      okButtonProps={{ loading: create.isPending }}
      onOk={() => {
        form.submit();
      }}
      onCancel={onClose}
      destroyOnHidden
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={submit}>
        <Form.Item
          name="name"
          label={t("field.name")}
          rules={[
            { required: true, whitespace: true, message: t("form.required") },
            { max: 50, message: t("form.tooLong", { max: 50 }) },
          ]}
        >
          <Input autoFocus placeholder={t("experiments.namePlaceholder")} />
        </Form.Item>
        <Form.Item label={t("experiments.task")}>
          <Select
            aria-label={t("experiments.task")}
            value="image_classification"
            options={[{ value: "image_classification", label: t("task.image_classification") }]}
          />
        </Form.Item>
        <Form.Item name="description" label={t("field.description")}>
          <Input.TextArea rows={2} maxLength={500} showCount />
        </Form.Item>
        <AsCommand command={`bml experiments create ${JSON.stringify(name || t("experiments.namePlaceholder"))}`} />
      </Form>
    </Modal>
  );
}
