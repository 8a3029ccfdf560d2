import { App, Form, InputNumber, Modal } from "antd";
import { useAddChallenger } from "@/api/queries/service-changes";
import type { Schemas, Service } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { ServicePrice } from "../service-price";
import { SizeFields } from "../size-fields";
import { VariantField } from "../variant-field";
import { VersionField } from "../version-field";

type NewChallenger = Schemas["ChallengerRequest"];

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly onClose: () => void;
}

/** A second version beside the one online, billed by its own resources (spec 03 section 9.5). */
export function AddVersion({ projectId, service, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<NewChallenger>();
  const values = Form.useWatch([], form) as Partial<NewChallenger> | undefined;
  const add = useAddChallenger(projectId, service.service_id);
  return (
    <Modal
      open
      title={t("services.addVersion")}
      okText={t("services.deploy")}
      okButtonProps={{ loading: add.isPending }}
      onOk={() => {
        form.submit();
      }}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ compute_units: service.compute_units ?? 1, instances: service.instances ?? 2, share: 10 }}
        onFinish={(wanted) => {
          add.mutate({ ...wanted, variant: (wanted as Partial<NewChallenger>).variant ?? "fp32" }, { onSuccess: onClose, onError: (error) => void message.error(problemText(error, t)) });
        }}
      >
        <div className="ob-stack">
          <p className="ob-muted" style={{ margin: 0 }}>
            {t("services.addVersionText")}
          </p>
          <div>
            <VersionField projectId={projectId} modelId={service.model_id} without={service.model_version} />
            {values?.model_version ? <VariantField key={values.model_version} projectId={projectId} modelId={service.model_id} version={values.model_version} /> : null}
          </div>
          <Form.Item name="share" label={t("services.share")} extra={t("services.shareHelp")} style={{ marginBottom: 0 }} rules={[{ required: true, message: t("form.required") }]}>
            <InputNumber min={0} max={100} precision={0} suffix="%" style={{ width: "100%" }} />
          </Form.Item>
          <SizeFields />
          <ServicePrice units={values?.compute_units} instances={values?.instances} />
        </div>
      </Form>
    </Modal>
  );
}
