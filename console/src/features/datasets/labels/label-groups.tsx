import { App, Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import type { VersionRef } from "@/api/queries/datasets";
import { applyGroup, createGroup, deleteGroup, useChangeLabels, useLabelGroups, type LabelGroup } from "@/api/queries/labels";
import { itemsOf } from "@/api/queries/paging";
import type { Label } from "@/api/types";
import { useT } from "@/i18n";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly refTo: VersionRef;
  readonly labels: readonly Label[];
  readonly mayWrite: boolean;
}

const SHOWN = 12;

/** Sets of labels of the project, to give versions the same ones. */
export function LabelGroups({ refTo, labels, mayWrite }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const query = useLabelGroups(refTo.projectId);
  const change = useChangeLabels(refTo);
  const [saving, setSaving] = useState(false);
  const run = (call: () => Promise<unknown>): void => {
    change.mutate(call, { onError: (error) => void message.error(problemText(error, t)) });
  };
  const apply = (group: LabelGroup): void => {
    run(async () => {
      const { created } = await applyGroup(refTo, group.group_id);
      void message.success(t("labels.group.applied", { count: created.length }));
    });
  };
  return (
    <Panel
      title={t("labels.group.title")}
      extra={
        mayWrite && labels.length > 0 ? (
          <Button
            size="small"
            onClick={() => {
              setSaving(true);
            }}
          >
            {t("labels.group.save")}
          </Button>
        ) : null
      }
    >
      <QueryView query={query}>
        {(data) => {
          const groups = itemsOf(data);
          if (groups.length === 0) return <span className="ob-muted">{t("labels.group.empty")}</span>;
          return (
            <>
              <ul className="ob-list">
                {groups.map((group) => (
                  <li key={group.group_id}>
                    <div style={{ minWidth: 0 }}>
                      <strong>{group.name}</strong>
                      <div className="ob-muted ob-small" style={{ overflowWrap: "anywhere" }}>
                        {group.labels.slice(0, SHOWN).map((label) => label.name).join(", ")}
                        {group.labels.length > SHOWN ? " …" : ""}
                      </div>
                    </div>
                    {mayWrite ? (
                      <div className="ob-row">
                        <Button
                          size="small"
                          loading={change.isPending}
                          onClick={() => {
                            apply(group);
                          }}
                        >
                          {t("labels.group.apply")}
                        </Button>
                        <Button
                          size="small"
                          aria-label={t("labels.deleteOne", { name: group.name })}
                          onClick={() => {
                            run(() => deleteGroup(refTo.projectId, group.group_id));
                          }}
                        >
                          {t("action.delete")}
                        </Button>
                      </div>
                    ) : null}
                  </li>
                ))}
              </ul>
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
      <SaveGroup
        refTo={refTo}
        labels={labels}
        open={saving}
        onClose={() => {
          setSaving(false);
        }}
      />
    </Panel>
  );
}

function SaveGroup({ refTo, labels, open, onClose }: Omit<Props, "mayWrite"> & { readonly open: boolean; readonly onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const change = useChangeLabels(refTo);
  const [form] = Form.useForm<{ name: string }>();
  const body = labels.map(({ name, remark, colour }) => ({ name, remark, colour: colour ?? null }));
  return (
    <Modal
      open={open}
      title={t("labels.group.save")}
      okText={t("action.save")}
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
        onFinish={({ name }) => {
          change.mutate(() => createGroup(refTo.projectId, { name: name.trim(), labels: body }), {
            onSuccess: onClose,
            onError: (error) => void message.error(problemText(error, t)),
          });
        }}
      >
        <Form.Item name="name" label={t("field.name")} extra={t("labels.group.holds", { count: labels.length })} rules={[{ required: true, whitespace: true, message: t("form.required") }, { max: 50, message: t("form.tooLong", { max: 50 }) }]}>
          <Input autoFocus />
        </Form.Item>
      </Form>
    </Modal>
  );
}
