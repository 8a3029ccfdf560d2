import { PlusOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Select, Table, Typography, type TableColumnsType } from "antd";
import { useState } from "react";
import { createVersion, deleteVersion, describeVersion, useChangeDataset, useDatasetVersions, type VersionRef } from "@/api/queries/datasets";
import type { Dataset, DatasetVersion } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";

interface Props {
  readonly refTo: VersionRef;
  readonly dataset: Dataset;
  readonly mayWrite: boolean;
  readonly mayManage: boolean;
  readonly onOpen: (versionNumber: number) => void;
}

const DESCRIPTION_CHARACTERS = 500;

export function Versions({ refTo, dataset, mayWrite, mayManage, onOpen }: Props) {
  const t = useT();
  const format = useFormat();
  const { modal, message } = App.useApp();
  const query = useDatasetVersions(refTo.projectId, refTo.datasetId);
  const change = useChangeDataset(refTo.projectId);
  const [creating, setCreating] = useState(false);
  const failed = (error: unknown): void => void message.error(problemText(error, t));
  const at = (version: DatasetVersion): VersionRef => ({ ...refTo, versionNumber: version.version_number });
  const remove = (version: DatasetVersion): void => {
    modal.confirm({
      title: t("versions.delete.title", { name: dataset.name, version: version.version_number }),
      content: t("versions.delete.text", { count: version.sample_count }),
      okText: t("action.delete"),
      okButtonProps: { danger: true },
      onOk: () => change.mutateAsync(() => deleteVersion(at(version))).catch(failed),
    });
  };
  const columns: TableColumnsType<DatasetVersion> = [
    {
      title: t("field.version"),
      render: (_, version) => (
        <Button
          type="link"
          size="small"
          style={{ padding: 0 }}
          aria-current={version.version_number === refTo.versionNumber}
          onClick={() => {
            onOpen(version.version_number);
          }}
        >{`V${version.version_number}`}</Button>
      ),
    },
    { title: t("field.state"), render: (_, version) => <StateTag kind="dataset" state={version.state} /> },
    {
      title: t("versions.description"),
      render: (_, version) => (
        <Typography.Text
          style={{ minWidth: 180 }}
          editable={
            mayWrite && {
              text: version.description,
              maxLength: DESCRIPTION_CHARACTERS,
              tooltip: t("versions.describe"),
              onChange: (text) => {
                if (text !== version.description) change.mutate(() => describeVersion(at(version), text), { onError: failed });
              },
            }
          }
        >
          {version.description || <span className="ob-muted">–</span>}
        </Typography.Text>
      ),
    },
    { title: t("datasets.samples"), align: "right", render: (_, version) => <span className="ob-num">{format.number(version.sample_count)}</span> },
    { title: t("datasets.labelled"), align: "right", render: (_, version) => <span className="ob-num">{format.number(version.labelled_count)}</span> },
    { title: t("field.created"), render: (_, version) => <LocalTime at={version.created_at} /> },
    {
      title: <span className="ob-visually-hidden">{t("bulk.action")}</span>,
      render: (_, version) =>
        mayManage ? (
          <Button
            size="small"
            disabled={version.state === "deleting"}
            aria-label={t("versions.deleteOne", { version: version.version_number })}
            onClick={() => {
              remove(version);
            }}
          >
            {t("action.delete")}
          </Button>
        ) : null,
    },
  ];
  return (
    <div className="ob-stack">
      <Panel
        title={t("versions.title")}
        extra={
          mayWrite ? (
            <Button
              type="primary"
              icon={<PlusOutlined />}
              onClick={() => {
                setCreating(true);
              }}
            >
              {t("versions.create")}
            </Button>
          ) : null
        }
      >
        <QueryView query={query}>
          {(data) => (
            <>
              <Table size="middle" rowKey="version_number" columns={columns} dataSource={data.items} pagination={false} scroll={{ x: "max-content" }} />
              <NewVersion
                refTo={refTo}
                versions={data.items}
                open={creating}
                onClose={() => {
                  setCreating(false);
                }}
                onCreated={onOpen}
              />
            </>
          )}
        </QueryView>
      </Panel>
      <AsCommand command={`bml datasets versions list ${refTo.datasetId}`} />
    </div>
  );
}

interface NewProps {
  readonly refTo: VersionRef;
  readonly versions: readonly DatasetVersion[];
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onCreated: (versionNumber: number) => void;
}

function NewVersion({ refTo, versions, open, onClose, onCreated }: NewProps) {
  const t = useT();
  const { message } = App.useApp();
  const change = useChangeDataset(refTo.projectId);
  const [form] = Form.useForm<{ source: number; description?: string }>();
  return (
    <Modal
      open={open}
      title={t("versions.create")}
      okText={t("action.create")}
      okButtonProps={{ loading: change.isPending }}
      destroyOnHidden
      onCancel={onClose}
      onOk={() => {
        form.submit();
      }}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={{ source: 0 }}
        onFinish={({ source, description }) => {
          change.mutate(
            async () => {
              const made = await createVersion(refTo.projectId, refTo.datasetId, { description: description ?? "", source: source > 0 ? { version_number: source } : null });
              onCreated(made.version_number);
            },
            { onSuccess: onClose, onError: (error) => void message.error(problemText(error, t)) },
          );
        }}
      >
        <Form.Item name="source" label={t("versions.source")} extra={t("versions.sourceHelp")}>
          <Select
            aria-label={t("versions.source")}
            options={[
              { value: 0, label: t("versions.emptySource") },
              ...versions
                .filter((version) => version.sample_count > 0)
                .map((version) => ({ value: version.version_number, label: `V${version.version_number} · ${t("datasets.sampleCount", { count: version.sample_count })}` })),
            ]}
          />
        </Form.Item>
        <Form.Item name="description" label={t("field.description")}>
          <Input.TextArea rows={2} maxLength={DESCRIPTION_CHARACTERS} showCount />
        </Form.Item>
      </Form>
    </Modal>
  );
}
