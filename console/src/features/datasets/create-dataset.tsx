import { App, Form, Input, Modal, Radio, Select } from "antd";
import { useNavigate } from "react-router";
import { useCreateDataset, useDatasetKinds } from "@/api/queries/datasets";
import type { DatasetKind, NewDataset } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { StoragePath } from "./storage-path";

interface Props {
  readonly open: boolean;
  readonly projectId: number;
  readonly onClose: () => void;
}

interface Values {
  readonly name: string;
  readonly dataType: string;
  readonly kind: string;
  readonly deduplicated?: boolean;
  readonly tagScheme?: NewDataset["tag_scheme"];
  readonly storage: NewDataset["storage_type"];
  readonly storagePath?: string;
}

const FIRST = { dataType: "image", kind: "image_classification" } as const;

export function CreateDataset({ open, projectId, onClose }: Props) {
  const t = useT();
  const create = useCreateDataset(projectId);
  const [form] = Form.useForm<Values>();
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
      <QueryView query={useDatasetKinds()}>
        {(catalogue) => <Fields form={form} kinds={catalogue.items} projectId={projectId} create={create} onClose={onClose} />}
      </QueryView>
    </Modal>
  );
}

interface FieldsProps {
  readonly form: ReturnType<typeof Form.useForm<Values>>[0];
  readonly kinds: readonly DatasetKind[];
  readonly projectId: number;
  readonly create: ReturnType<typeof useCreateDataset>;
  readonly onClose: () => void;
}

function Fields({ form, kinds, projectId, create, onClose }: FieldsProps) {
  const t = useT();
  const maybeT = useMaybeT();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const name = (Form.useWatch("name", form) as string | undefined) ?? "";
  const dataType = (Form.useWatch("dataType", form) as string | undefined) ?? FIRST.dataType;
  const code = (Form.useWatch("kind", form) as string | undefined) ?? FIRST.kind;
  const ofType = kinds.filter((kind) => kind.data_type === dataType);
  const storage = (Form.useWatch("storage", form) as string | undefined) ?? "sysBos";
  const chosen = ofType.find((kind) => kind.code === code) ?? ofType[0];
  const submit = (values: Values): void => {
    if (!chosen) return;
    const { data_type, annotation_type, template } = chosen;
    const body = { name: values.name.trim(), data_type, annotation_type, template };
    create.mutate(
      {
        ...body,
        storage_type: values.storage,
        ...(values.storage === "usrBos" ? { storage_path: values.storagePath?.trim() ?? "" } : {}),
        ...(chosen.deduplication === "choice" ? { deduplicated: values.deduplicated ?? true } : {}),
        ...(chosen.tag_schemes.length > 0 ? { tag_scheme: values.tagScheme ?? "IOB" } : {}),
      },
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
    <Form form={form} layout="vertical" onFinish={submit} requiredMark={false} initialValues={{ ...FIRST, deduplicated: true, tagScheme: "IOB", storage: "sysBos" }}>
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
      <Form.Item name="dataType" label={t("datasets.dataType")}>
        <Radio.Group
          optionType="button"
          options={[...new Set(kinds.map((kind) => kind.data_type))].map((type) => ({ value: type, label: maybeT(`dataType.${type}`) ?? type }))}
          onChange={(event) => {
            form.setFieldValue("kind", kinds.find((kind) => kind.data_type === event.target.value)?.code);
          }}
        />
      </Form.Item>
      <Form.Item name="kind" label={t("datasets.kind")} extra={t("datasets.kindHelp")}>
        <Select
          aria-label={t("datasets.kind")}
          options={ofType.map((kind) => ({ value: kind.code, label: maybeT(`kind.${kind.code}`) ?? kind.code }))}
        />
      </Form.Item>
      {chosen?.deduplication === "choice" ? (
        <Form.Item name="deduplicated" label={t("datasets.deduplicate")} extra={t("datasets.deduplicate.help")}>
          <Radio.Group
            options={[
              { value: true, label: t("datasets.deduplicate.yes") },
              { value: false, label: t("datasets.deduplicate.no") },
            ]}
          />
        </Form.Item>
      ) : null}
      {chosen && chosen.tag_schemes.length > 0 ? (
        <Form.Item name="tagScheme" label={t("datasets.tagScheme")} extra={t("datasets.tagScheme.help")}>
          <Select aria-label={t("datasets.tagScheme")} options={chosen.tag_schemes.map((scheme) => ({ value: scheme, label: scheme }))} />
        </Form.Item>
      ) : null}
      <Form.Item name="storage" label={t("datasets.storage")} extra={t("datasets.storage.help")}>
        <Radio.Group
          options={[
            { value: "sysBos", label: t("datasets.storage.sysBos") },
            { value: "usrBos", label: t("datasets.storage.usrBos") },
          ]}
        />
      </Form.Item>
      {storage === "usrBos" ? <StoragePath name="storagePath" /> : null}
      <AsCommand command={`bml datasets create ${JSON.stringify(name || t("datasets.namePlaceholder"))} --kind ${chosen?.code ?? ""}`} />
    </Form>
  );
}
