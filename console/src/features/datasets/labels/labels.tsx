import { DeleteOutlined, PlusOutlined, PushpinFilled, PushpinOutlined } from "@ant-design/icons";
import { App, Button, ColorPicker, Form, Input, Modal, Segmented, Table, Tooltip, Typography, type TableColumnsType } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { changeLabel, createLabel, deleteLabel, useChangeLabels, useLabelList, type LabelChanges, type LabelOrder } from "@/api/queries/labels";
import type { VersionRef } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import { useRefreshSamples } from "@/api/queries/samples";
import type { DatasetKind, Label } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { labelColour } from "@/ui/picture/label-colour";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { OperationProgress } from "../operation-progress";
import { LabelGroups } from "./label-groups";

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly mayWrite: boolean;
}

const REMARK_CHARACTERS = 200;

export function Labels({ refTo, kind, mayWrite }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [search, setSearch] = useState("");
  const [order, setOrder] = useState<LabelOrder>("count");
  const [creating, setCreating] = useState(false);
  const [operation, setOperation] = useState<number | null>(null);
  const query = useLabelList(refTo, search, order);
  const change = useChangeLabels(refTo);
  const refresh = useRefreshSamples(refTo);
  const fixed = kind.annotation_form === "similarity"; // similar or not, and no other
  const run = (call: () => Promise<unknown>): void => {
    change.mutate(call, { onError: (error) => void message.error(problemText(error, t)) });
  };
  const edit = (label: Label, changes: LabelChanges): void => {
    run(async () => {
      const reply = await changeLabel(refTo, label.name, changes);
      if (reply.operation) setOperation(reply.operation.operation_id);
    });
  };
  const create =
    mayWrite && !fixed ? (
      <Button
        type="primary"
        icon={<PlusOutlined />}
        onClick={() => {
          setCreating(true);
        }}
      >
        {t("labels.create")}
      </Button>
    ) : null;
  return (
    <div className="ob-stack">
      {operation === null ? null : (
        <OperationProgress
          refTo={refTo}
          operationId={operation}
          onEnd={refresh}
          onClose={() => {
            setOperation(null);
          }}
        />
      )}
      <Panel title={t("labels.title")} extra={create}>
        <div className="ob-stack-s">
          <div className="ob-row">
            <Input.Search allowClear aria-label={t("labels.search")} placeholder={t("labels.search")} style={{ maxWidth: 280 }} onSearch={setSearch} />
            <Segmented<LabelOrder>
              aria-label={t("labels.order")}
              value={order}
              onChange={setOrder}
              options={(["count", "name"] as const).map((value) => ({ value, label: t(`labels.order.${value}`) }))}
            />
          </div>
          <QueryView query={query}>
            {(data) => {
              const labels = itemsOf(data);
              if (labels.length === 0) return <EmptyState title={search ? t("labels.noMatch") : t("labels.empty")} action={search ? undefined : create} />;
              return (
                <>
                  <LabelTable
                    refTo={refTo}
                    labels={labels}
                    kind={kind}
                    editable={mayWrite && !fixed}
                    onEdit={edit}
                    onDelete={(label) => {
                      run(async () => {
                        const reply = await deleteLabel(refTo, label.name);
                        if (reply.operation) setOperation(reply.operation.operation_id);
                      });
                    }}
                  />
                  <LoadMore query={query} />
                </>
              );
            }}
          </QueryView>
        </div>
      </Panel>
      {fixed ? null : <LabelGroups refTo={refTo} labels={itemsOf(query.data)} mayWrite={mayWrite} />}
      <AsCommand command={`bml datasets labels list ${refTo.datasetId} --version ${refTo.versionNumber}`} />
      <NewLabel
        open={creating}
        refTo={refTo}
        onClose={() => {
          setCreating(false);
        }}
      />
    </div>
  );
}

interface TableProps {
  readonly refTo: VersionRef;
  readonly labels: readonly Label[];
  readonly kind: DatasetKind;
  readonly editable: boolean;
  readonly onEdit: (label: Label, changes: LabelChanges) => void;
  readonly onDelete: (label: Label) => void;
}

function LabelTable({ refTo, labels, kind, editable, onEdit, onDelete }: TableProps) {
  const t = useT();
  const format = useFormat();
  const navigate = useNavigate();
  const { modal } = App.useApp();
  const withObjects = kind.annotation_form !== "classes" && kind.annotation_form !== "similarity";
  const locked = (label: Label): boolean => !editable || Boolean(label.operation_id);
  const columns: TableColumnsType<Label> = [
    {
      title: <span className="ob-visually-hidden">{t("labels.pin")}</span>,
      width: 84,
      render: (_, label) => (
        <span className="ob-row" style={{ gap: 4, flexWrap: "nowrap" }}>
          <Tooltip title={t(label.pinned ? "labels.unpin" : "labels.pin")}>
            <Button
              type="text"
              size="small"
              disabled={locked(label)}
              icon={label.pinned ? <PushpinFilled /> : <PushpinOutlined />}
              aria-pressed={label.pinned}
              aria-label={`${t("labels.pin")}: ${label.name}`}
              onClick={() => {
                onEdit(label, { pinned: !label.pinned });
              }}
            />
          </Tooltip>
          <ColorPicker
            size="small"
            disabledAlpha
            allowClear
            disabled={locked(label)}
            value={label.colour ?? labelColour(label.name)}
            onChangeComplete={(colour) => {
              onEdit(label, { colour: colour.cleared ? null : colour.toHexString().slice(0, 7) });
            }}
          />
        </span>
      ),
    },
    {
      title: t("labels.name"),
      render: (_, label) => (
        <Typography.Text
          editable={
            locked(label)
              ? false
              : {
                  text: label.name,
                  tooltip: t("labels.rename"),
                  onChange: (name) => {
                    if (name.trim() && name.trim() !== label.name) onEdit(label, { name: name.trim() });
                  },
                }
          }
        >
          {kind.annotation_form === "similarity" && (label.name === "0" || label.name === "1") ? t(`samples.similar.${label.name}`) : label.name}
        </Typography.Text>
      ),
    },
    {
      title: t("datasets.samples"),
      align: "right",
      render: (_, label) => (
        <Button
          type="link"
          size="small"
          className="ob-num"
          onClick={() => void navigate(`${links.dataset(refTo.projectId, refTo.datasetId)}?version=${refTo.versionNumber}&tab=samples&label=${encodeURIComponent(label.name)}`)}
        >
          {format.number(label.sample_count)}
        </Button>
      ),
    },
    ...(withObjects ? [{ title: t("samples.objects"), align: "right" as const, render: (_: unknown, label: Label) => <span className="ob-num">{format.number(label.object_count)}</span> }] : []),
    {
      title: t("labels.remark"),
      render: (_, label) => (
        <Typography.Text
          style={{ minWidth: 160 }}
          editable={
            locked(label)
              ? false
              : {
                  text: label.remark,
                  maxLength: REMARK_CHARACTERS,
                  tooltip: t("labels.remark"),
                  onChange: (remark) => {
                    if (remark !== label.remark) onEdit(label, { remark });
                  },
                }
          }
        >
          {label.remark || <span className="ob-muted">–</span>}
        </Typography.Text>
      ),
    },
    {
      title: <span className="ob-visually-hidden">{t("bulk.action")}</span>,
      width: 56,
      render: (_, label) =>
        editable ? (
          <Button
            type="text"
            size="small"
            danger
            disabled={locked(label)}
            icon={<DeleteOutlined />}
            aria-label={t("labels.deleteOne", { name: label.name })}
            onClick={() => {
              modal.confirm({
                title: t("labels.delete.title", { name: label.name }),
                content: t("labels.delete.text", { count: label.sample_count }),
                okText: t("action.delete"),
                okButtonProps: { danger: true },
                onOk: () => {
                  onDelete(label);
                },
              });
            }}
          />
        ) : null,
    },
  ];
  return <Table size="middle" rowKey="name" columns={columns} dataSource={[...labels]} pagination={false} scroll={{ x: "max-content" }} />;
}

function NewLabel({ open, refTo, onClose }: { readonly open: boolean; readonly refTo: VersionRef; readonly onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const change = useChangeLabels(refTo);
  const [form] = Form.useForm<{ name: string; remark?: string }>();
  return (
    <Modal
      open={open}
      title={t("labels.create")}
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
        requiredMark={false}
        onFinish={({ name, remark }) => {
          change.mutate(() => createLabel(refTo, { name: name.trim(), remark: remark ?? "", pinned: false }), {
            onSuccess: onClose,
            onError: (error) => void message.error(problemText(error, t)),
          });
        }}
      >
        <Form.Item name="name" label={t("labels.name")} rules={[{ required: true, whitespace: true, message: t("form.required") }]}>
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="remark" label={t("labels.remark")}>
          <Input maxLength={REMARK_CHARACTERS} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
