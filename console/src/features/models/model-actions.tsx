import { DeleteOutlined, EditOutlined, PlusOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Tooltip } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { useChangeModel, useDeleteModel } from "@/api/queries/repository";
import type { Model } from "@/api/types";
import { useT } from "@/i18n";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { ModelNameItem } from "./model-name-item";

interface Props {
  readonly projectId: number;
  readonly model: Model;
}

export function ModelActions({ projectId, model }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const [renaming, setRenaming] = useState(false);
  const mayWrite = usePermissions(projectId).has("models.write");
  const remove = useDeleteModel(projectId, model.model_id);
  const isDeployed = typeof model.service_id === "number";
  const ask = (): void => {
    void modal.confirm({
      title: t("models.delete.title", { name: model.name }),
      content: t("models.delete.text", { count: model.version_count }),
      okText: t("action.delete"),
      okButtonProps: { danger: true },
      onOk: () =>
        remove.mutateAsync(undefined).then(
          () => navigate(links.models(projectId)),
          (error: unknown) => void message.error(problemText(error, t)),
        ),
    });
  };
  const newVersion = (): void => {
    void navigate(model.source === "local" ? links.modelImport(projectId, model.model_id) : links.experiments(projectId));
  };
  return (
    <>
      <Button type="primary" icon={<PlusOutlined />} disabled={!mayWrite} onClick={newVersion}>
        {t("models.newVersion")}
      </Button>
      <Button
        icon={<EditOutlined />}
        disabled={!mayWrite}
        onClick={() => {
          setRenaming(true);
        }}
      >
        {t("models.rename")}
      </Button>
      <Tooltip title={isDeployed ? t("models.delete.protected") : undefined}>
        <Button danger icon={<DeleteOutlined />} disabled={!mayWrite || isDeployed} onClick={ask}>
          {t("action.delete")}
        </Button>
      </Tooltip>
      <RenameModel
        open={renaming}
        projectId={projectId}
        model={model}
        onClose={() => {
          setRenaming(false);
        }}
      />
    </>
  );
}

interface Naming {
  readonly name: string;
  readonly description: string;
}

function RenameModel({ open, projectId, model, onClose }: Props & { readonly open: boolean; readonly onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<Naming>();
  const change = useChangeModel(projectId, model.model_id);
  return (
    <Modal
      open={open}
      title={t("models.rename")}
      okText={t("action.save")}
      okButtonProps={{ loading: change.isPending }}
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
        initialValues={{ name: model.name, description: model.description }}
        onFinish={(wanted) => {
          change.mutate({ ...wanted, name: wanted.name.trim() }, { onSuccess: onClose, onError: (error) => void message.error(problemText(error, t)) });
        }}
      >
        <ModelNameItem />
        <Form.Item name="description" label={t("field.description")}>
          <Input.TextArea rows={3} maxLength={500} showCount />
        </Form.Item>
      </Form>
    </Modal>
  );
}
