import { Form, Modal } from "antd";
import type { ServiceChange } from "@/api/queries/service-changes";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { ServicePrice } from "./service-price";
import { SizeFields } from "./size-fields";
import { VariantField } from "./variant-field";
import { VersionField } from "./version-field";

interface Props {
  readonly projectId: number;
  readonly modelId: number;
  readonly title: string;
  /** What is online now. */
  readonly online: Pick<Service, "model_version" | "variant" | "compute_units" | "instances">;
  /** The version that is online beside it. */
  readonly without?: number;
  readonly isSaving: boolean;
  readonly onSave: (change: ServiceChange) => void;
  readonly onClose: () => void;
}

/** Another size or another version of the model, or the first size of a service without one; the address stays. */
export function ChangeVersion({ projectId, modelId, title, online, without, isSaving, onSave, onClose }: Props) {
  const t = useT();
  const [form] = Form.useForm<ServiceChange>();
  const values = Form.useWatch([], form) as ServiceChange | undefined;
  return (
    <Modal
      open
      title={title}
      okText={t("action.save")}
      okButtonProps={{ loading: isSaving }}
      onOk={() => {
        form.submit();
      }}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ compute_units: online.compute_units ?? 1, instances: online.instances ?? 2, model_version: online.model_version }}
        onFinish={onSave}
      >
        <div className="ob-stack">
          <div>
            <VersionField projectId={projectId} modelId={modelId} {...(without === undefined ? {} : { without })} />
            {values?.model_version ? <VariantField key={values.model_version} projectId={projectId} modelId={modelId} version={values.model_version} initial={online.variant} /> : null}
          </div>
          <SizeFields />
          <ServicePrice units={values?.compute_units} instances={values?.instances} />
        </div>
      </Form>
    </Modal>
  );
}
