import { App, Form, Input, Modal } from "antd";
import { useCreateApplication } from "@/api/queries/identity";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { problemText } from "@/ui/problem-text";

interface Values {
  readonly name: string;
  readonly description?: string;
}

export function CreateApplication({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const create = useCreateApplication();
  const [form] = Form.useForm<Values>();
  const name = (Form.useWatch("name", form) as string | undefined) ?? "";
  return (
    <Modal
      open={open}
      title={t("applications.create")}
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
        onFinish={({ name: wanted, description }) => {
          create.mutate(
            { name: wanted.trim(), description: description ?? "" },
            { onSuccess: onClose, onError: (error) => void message.error(problemText(error, t)) },
          );
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
          <Input autoFocus placeholder={t("applications.namePlaceholder")} />
        </Form.Item>
        <Form.Item name="description" label={t("field.description")}>
          <Input.TextArea rows={2} maxLength={200} showCount />
        </Form.Item>
        <AsCommand command={`bml apps create ${JSON.stringify(name || t("applications.namePlaceholder"))}`} />
      </Form>
    </Modal>
  );
}
