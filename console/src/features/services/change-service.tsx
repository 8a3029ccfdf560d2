import { App, Form, InputNumber, Modal, Select } from "antd";
import { useModelVersions } from "@/api/queries/models";
import { usePrices } from "@/api/queries/metering";
import { itemsOf } from "@/api/queries/paging";
import { useChangeService, type ServiceChange } from "@/api/queries/services";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { ServicePrice } from "./service-price";

interface Props {
  readonly open: boolean;
  readonly projectId: number;
  readonly service: Service;
  readonly onClose: () => void;
}

/** Another size or another version of the model; the address stays. */
export function ChangeService({ open, projectId, service, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [form] = Form.useForm<ServiceChange>();
  const values = Form.useWatch([], form) as Partial<ServiceChange> | undefined;
  const change = useChangeService(projectId, service.service_id);
  const versions = useModelVersions(projectId, open ? service.model_id : undefined);
  const prices = usePrices();
  const price = prices.data?.prices.find((entry) => entry.module === "online_service" && entry.machine === "SVC_CPU");
  return (
    <Modal
      open={open}
      title={t("services.change")}
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
        initialValues={{ compute_units: service.compute_units, instances: service.instances, model_version: service.model_version }}
        onFinish={(wanted) => {
          change.mutate(wanted, {
            onSuccess: onClose,
            onError: (error) => void message.error(problemText(error, t)),
          });
        }}
      >
        <Form.Item name="model_version" label={t("field.version")} rules={[{ required: true, message: t("form.required") }]}>
          <Select options={itemsOf(versions.data).map((version) => ({ value: version.version_number, label: `V${version.version_number}` }))} />
        </Form.Item>
        <Form.Item name="compute_units" label={t("services.units")} rules={[{ required: true, message: t("form.required") }]}>
          <InputNumber min={1} max={16} precision={0} style={{ width: "100%" }} />
        </Form.Item>
        <Form.Item name="instances" label={t("services.instances")} rules={[{ required: true, message: t("form.required") }]}>
          <InputNumber min={2} max={100} precision={0} style={{ width: "100%" }} />
        </Form.Item>
        <ServicePrice price={price} units={values?.compute_units ?? 0} instances={values?.instances ?? 0} />
      </Form>
    </Modal>
  );
}
