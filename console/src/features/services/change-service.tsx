import { App, Form, Modal } from "antd";
import { useChangeService, type ServiceChange } from "@/api/queries/service-changes";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { ServicePrice } from "./service-price";
import { SizeFields } from "./size-fields";
import { VariantField } from "./variant-field";
import { VersionField } from "./version-field";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly title: string;
  readonly onClose: () => void;
}

/** Another size or another version of the model, or the first size of a service without one; the address stays. */
export function ChangeService({ projectId, service, title, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<ServiceChange>();
  const values = Form.useWatch([], form) as ServiceChange | undefined;
  const change = useChangeService(projectId, service.service_id);
  return (
    <Modal
      open
      title={title}
      okText={t("action.save")}
      okButtonProps={{ loading: change.isPending }}
      onOk={() => {
        form.submit();
      }}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ compute_units: service.compute_units ?? 1, instances: service.instances ?? 2, model_version: service.model_version }}
        onFinish={(wanted) => {
          change.mutate(wanted, {
            onSuccess: onClose,
            onError: (error) => void message.error(problemText(error, t)),
          });
        }}
      >
        <div className="ob-stack">
          <div>
            <VersionField projectId={projectId} modelId={service.model_id} />
            {values?.model_version ? <VariantField key={values.model_version} projectId={projectId} modelId={service.model_id} version={values.model_version} initial={service.variant} /> : null}
          </div>
          <SizeFields />
          <ServicePrice units={values?.compute_units} instances={values?.instances} />
        </div>
      </Form>
    </Modal>
  );
}
