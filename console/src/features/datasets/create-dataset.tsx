import { App, Form, Input, Modal, Select } from "antd";
import { useNavigate } from "react-router";
import { useCreateDataset } from "@/api/queries/datasets";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";

const IMAGE_CLASSIFICATION = { data_type: "image", annotation_type: "image_classification", template: "single_label" } as const;

interface Props {
  readonly open: boolean;
  readonly projectId: number;
  readonly onClose: () => void;
}

export function CreateDataset({ open, projectId, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const create = useCreateDataset(projectId);
  const [form] = Form.useForm<{ name: string }>();
  const name = (Form.useWatch("name", form) as string | undefined) ?? "";
  const submit = ({ name: wanted }: { name: string }): void => {
    create.mutate(
      { name: wanted.trim(), ...IMAGE_CLASSIFICATION },
      {
        onSuccess: (dataset) => {
          onClose();
          void navigate(`${links.dataset(projectId, dataset.dataset_id)}?tab=imports`);
        },
        onError: (error) => void message.error(problemText(error, t)),
      },
    );
  };
  return (
    <Modal
      open={open}
      title={t("datasets.create")}
      okText={t("action.create")}
      okButtonProps={{ loading: create.isPending }}
      onOk={() => {
        form.submit();
      }}
      onCancel={onClose}
      destroyOnHidden
    >
      <Form form={form} layout="vertical" onFinish={submit} requiredMark={false}>
        <Form.Item
          name="name"
          label={t("field.name")}
          rules={[
            { required: true, whitespace: true, message: t("form.required") },
            { max: 50, message: t("form.tooLong", { max: 50 }) },
          ]}
        >
          <Input autoFocus placeholder={t("datasets.namePlaceholder")} />
        </Form.Item>
        <Form.Item label={t("datasets.kind")} extra={t("datasets.kindHelp")}>
          <Select
            aria-label={t("datasets.kind")}
            value="image_classification"
            options={[{ value: "image_classification", label: t("task.image_classification") }]}
          />
        </Form.Item>
        <AsCommand command={`bml datasets create ${JSON.stringify(name || t("datasets.namePlaceholder"))}`} />
      </Form>
    </Modal>
  );
}
