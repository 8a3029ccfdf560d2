import { EditOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Tooltip } from "antd";
import { useState } from "react";
import { renameDataset, useChangeDataset } from "@/api/queries/datasets";
import type { Dataset } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";

interface Props {
  readonly projectId: number;
  readonly dataset: Dataset;
  readonly disabled: boolean;
  readonly small?: boolean;
}

export function RenameDataset({ projectId, dataset, disabled, small = false }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [open, setOpen] = useState(false);
  const [form] = Form.useForm<{ name: string }>();
  const change = useChangeDataset(projectId);
  return (
    <>
      <Tooltip title={t("datasets.rename")}>
        <Button
          icon={<EditOutlined />}
          type={small ? "text" : "default"}
          size={small ? "small" : "middle"}
          disabled={disabled}
          aria-label={`${t("datasets.rename")}: ${dataset.name}`}
          onClick={() => {
            setOpen(true);
          }}
        />
      </Tooltip>
      <Modal
        open={open}
        title={t("datasets.rename")}
        okText={t("action.save")}
        okButtonProps={{ loading: change.isPending }}
        destroyOnHidden
        onCancel={() => {
          setOpen(false);
        }}
        onOk={() => {
          form.submit();
        }}
      >
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ name: dataset.name }}
          onFinish={({ name }) => {
            change.mutate(() => renameDataset(projectId, dataset.dataset_id, name.trim()), {
              onSuccess: () => {
                setOpen(false);
              },
              onError: (error) => void message.error(problemText(error, t)),
            });
          }}
        >
          <Form.Item
            name="name"
            label={t("field.name")}
            rules={[
              { required: true, whitespace: true, message: t("form.required") },
              { max: 50, message: t("form.tooLong", { max: 50 }) },
            ]}
          >
            <Input autoFocus />
          </Form.Item>
        </Form>
      </Modal>
    </>
  );
}
