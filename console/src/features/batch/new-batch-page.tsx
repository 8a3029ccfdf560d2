import { Alert, Button, Form, Input, Switch } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { beginBatchUpload, useCreateBatch, useCreateSchedule } from "@/api/queries/batch";
import { useModels } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import type { BatchScheduleRequest, Rhythm } from "@/api/batch";
import type { Model } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { wholeAddress, type FileToSend } from "@/ui/upload/send-files";
import { useSending } from "@/ui/upload/use-sending";
import { batchCommand, batchRequest, scheduleRequest, type BatchValues } from "./batch-request";
import { InputFields } from "./input-fields";
import { MachineFields } from "./machine-fields";
import { ModelFields } from "./model-fields";
import { firstRhythm, RhythmFields } from "./rhythm-fields";

export function NewBatchPage() {
  const t = useT();
  const projectId = useProjectId();
  return (
    <Page title={t("batch.create")} sub={t("batch.createIntro")} crumbs={[{ label: t("nav.batch"), to: links.batches(projectId) }]}>
      <QueryView query={useModels(projectId)}>
        {(data) => {
          const models = itemsOf(data).filter((model) => model.version_count > 0);
          if (models.length > 0) return <BatchForm projectId={projectId} models={models} />;
          return (
            <Panel>
              <EmptyState title={t("services.noModel.title")} text={t("services.noModel.text")} />
            </Panel>
          );
        }}
      </QueryView>
    </Page>
  );
}

function BatchForm({ projectId, models }: { readonly projectId: number; readonly models: readonly Model[] }) {
  const t = useT();
  const navigate = useNavigate();
  const [form] = Form.useForm<BatchValues>();
  const values = Form.useWatch([], form) as Partial<BatchValues> | undefined;
  const [files, setFiles] = useState<readonly File[]>([]);
  const [isRepeated, setRepeated] = useState(false);
  const [rhythm, setRhythm] = useState<Rhythm>(firstRhythm);
  const [missed, setMissed] = useState<BatchScheduleRequest["missed"]>("run_once");
  const { sent, send } = useSending();
  const create = useCreateBatch(projectId);
  const schedule = useCreateSchedule(projectId);
  const [error, setError] = useState<unknown>(null);
  const [isStarting, setStarting] = useState(false);
  const sendNamed = async (named: readonly FileToSend[]): Promise<string | undefined> => {
    if (named.length === 0) return undefined;
    const { input_uri, uploads } = await beginBatchUpload(projectId, named.map(({ name, file }) => ({ name, size_bytes: file.size })));
    await send(named, uploads.map(wholeAddress));
    return input_uri;
  };
  const submit = async (wanted: BatchValues): Promise<void> => {
    if (isRepeated) {
      await schedule.mutateAsync(scheduleRequest(wanted, rhythm, missed));
      await navigate(`${links.batches(projectId)}?tab=schedules`);
      return;
    }
    const named = wanted.way === "files" ? files.map((file) => ({ name: file.webkitRelativePath || file.name, file })) : [];
    const made = await create.mutateAsync(batchRequest(wanted, await sendNamed(named)));
    await navigate(links.batch(projectId, made.batch_id));
  };
  const isMissingFiles = !isRepeated && values?.way === "files" && files.length === 0;
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      scrollToFirstError
      initialValues={{ model_id: models[0]?.model_id, way: "files", input_format: "auto", output_format: "jsonl", machine_type: "CPU_4C_16G", nodes: 1 }}
      onFinish={(wanted) => {
        setError(null);
        setStarting(true);
        submit(wanted)
          .catch(setError)
          .finally(() => {
            setStarting(false);
          });
      }}
    >
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 8" }}>
          <Panel title={t("batch.what")}>
            <Form.Item
              name="name"
              label={t("field.name")}
              rules={[
                { required: true, whitespace: true, message: t("form.required") },
                { max: 50, message: t("form.tooLong", { max: 50 }) },
              ]}
            >
              <Input />
            </Form.Item>
            <ModelFields projectId={projectId} models={models} values={values} />
            <Form.Item name="description" label={t("field.description")} style={{ margin: "16px 0 0" }}>
              <Input.TextArea rows={2} maxLength={500} />
            </Form.Item>
          </Panel>
          <InputFields isAddressOnly={isRepeated} way={values?.way ?? "files"} files={files} sent={sent} isBusy={isStarting} onFiles={setFiles} />
          <Panel
            title={t("batch.repeat")}
            extra={
              <Switch
                checked={isRepeated}
                aria-label={t("batch.repeat")}
                onChange={(wanted) => {
                  setRepeated(wanted);
                  if (wanted) form.setFieldValue("way", "address");
                }}
              />
            }
          >
            {isRepeated ? <RhythmFields value={rhythm} onChange={setRhythm} missed={missed} onMissed={setMissed} /> : <span className="ob-muted">{t("batch.once")}</span>}
          </Panel>
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 4", alignSelf: "start" }}>
          <MachineFields values={values} />
          {error === null ? null : <Alert type="error" showIcon role="alert" title={problemText(error, t)} />}
          <Button type="primary" htmlType="submit" size="large" block disabled={isMissingFiles} loading={isStarting}>
            {t(isRepeated ? "batch.schedule" : "batch.start")}
          </Button>
          {isMissingFiles ? <span className="ob-small ob-muted">{t("batch.noFiles")}</span> : null}
          <AsCommand command={batchCommand(values ?? {}, isRepeated ? rhythm : null)} />
        </div>
      </div>
    </Form>
  );
}
