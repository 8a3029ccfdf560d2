import { DownloadOutlined } from "@ant-design/icons";
import { Alert, App, Button, Form, Radio, Select } from "antd";
import { cancelExport, readExport, startExport, useExports, useJobCall, type Export, type NewExport } from "@/api/queries/data-jobs";
import { useDatasetKinds, type VersionRef } from "@/api/queries/datasets";
import { useLabelList } from "@/api/queries/labels";
import { itemsOf } from "@/api/queries/paging";
import type { DataFormat, Dataset, DatasetKind } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { useFormatName } from "../importing/format-choice";
import { exportFormats } from "../importing/import-choice";
import { StoragePath } from "../storage-path";
import { JobCard } from "./job-card";

interface Props {
  readonly refTo: VersionRef;
  readonly dataset: Dataset;
  readonly kind: DatasetKind;
  readonly mayManage: boolean;
}

export function Exports({ refTo, dataset, kind, mayManage }: Props) {
  const t = useT();
  const query = useExports(refTo);
  const catalogue = useDatasetKinds();
  return (
    <div className="ob-stack">
      {mayManage ? (
        <Panel title={t("exports.start")}>
          <QueryView query={catalogue}>{(found) => <ExportForm refTo={refTo} dataset={dataset} kind={kind} formats={exportFormats(kind, found.formats)} />}</QueryView>
        </Panel>
      ) : (
        <Alert type="info" showIcon title={t("problem.noManage")} />
      )}
      <QueryView query={query}>
        {(data) => {
          const items = itemsOf(data);
          if (items.length === 0) {
            return (
              <Panel>
                <EmptyState title={t("exports.empty")} />
              </Panel>
            );
          }
          return (
            <>
              {items.map((item) => (
                <ExportCard key={item.export_id} refTo={refTo} item={item} mayManage={mayManage} />
              ))}
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
    </div>
  );
}

interface Values {
  readonly format: string;
  readonly state: "all" | "labelled" | "unlabelled";
  readonly labels: string[];
  readonly storage: "sysBos" | "usrBos";
  readonly storagePath?: string;
}

interface FormProps {
  readonly refTo: VersionRef;
  readonly dataset: Dataset;
  readonly kind: DatasetKind;
  readonly formats: readonly DataFormat[];
}

function ExportForm({ refTo, dataset, kind, formats }: FormProps) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const nameOf = useFormatName();
  const { message } = App.useApp();
  const [form] = Form.useForm<Values>();
  const call = useJobCall(refTo);
  const values = Form.useWatch([], form) as Partial<Values> | undefined;
  const labels = itemsOf(useLabelList(refTo, "", "count").data);
  const chosen = values?.format ?? formats[0]?.code ?? "";
  const withLabels = kind.annotation_form !== "none" && values?.state !== "unlabelled";
  const submit = (given: Values): void => {
    const body: NewExport = {
      format: given.format,
      labels: withLabels && given.labels.length > 0 ? given.labels : null,
      annotation_state: given.state === "all" ? null : given.state,
      storage_type: given.storage,
      storage_path: given.storage === "usrBos" ? given.storagePath?.trim() ?? null : null,
    };
    call.mutate(() => startExport(refTo, body), { onError: (error) => void message.error(problemText(error, t)) });
  };
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      onFinish={submit}
      initialValues={{ format: formats[0]?.code, state: "all", labels: [], storage: dataset.storage_type, storagePath: dataset.storage_path ?? undefined }}
    >
      <div className="ob-grid">
        <Form.Item name="format" label={t("exports.format")} extra={maybeT(`format.${chosen}.help`)} style={{ gridColumn: "span 6", margin: 0 }}>
          <Select aria-label={t("exports.format")} options={formats.map((one) => ({ value: one.code, label: nameOf(one) }))} />
        </Form.Item>
        {kind.annotation_form === "none" ? null : (
          <Form.Item name="state" label={t("exports.which")} style={{ gridColumn: "span 6", margin: 0 }}>
            <Radio.Group
              options={[
                { value: "all", label: t("samples.all") },
                { value: "labelled", label: t("samples.labelled") },
                { value: "unlabelled", label: t("samples.unlabelled") },
              ]}
            />
          </Form.Item>
        )}
        <Form.Item name="storage" label={t("datasets.storage")} style={{ gridColumn: "span 6", margin: 0 }}>
          <Radio.Group
            options={[
              { value: "sysBos", label: t("datasets.storage.sysBos") },
              { value: "usrBos", label: t("datasets.storage.usrBos") },
            ]}
          />
        </Form.Item>
        {withLabels ? (
          <Form.Item name="labels" label={t("imports.source.labels")} extra={t("imports.source.labelsHelp")} style={{ gridColumn: "span 6", margin: 0 }}>
            <Select mode="multiple" maxTagCount={8} aria-label={t("imports.source.labels")} options={labels.map((label) => ({ value: label.name, label: `${label.name} · ${format.number(label.sample_count)}` }))} />
          </Form.Item>
        ) : null}
      </div>
      <div className="ob-stack-s" style={{ marginTop: 14 }}>
        {values?.storage === "usrBos" ? <StoragePath name="storagePath" /> : null}
        <div>
          <Button type="primary" htmlType="submit" loading={call.isPending} disabled={formats.length === 0}>
            {t("exports.start")}
          </Button>
        </div>
        <AsCommand command={exportCommand(refTo, chosen, values)} />
      </div>
    </Form>
  );
}

function exportCommand(ref: VersionRef, format: string, values: Partial<Values> | undefined): string {
  const state = values?.state && values.state !== "all" ? ` --state ${values.state}` : "";
  const labels = (values?.labels ?? []).map((label) => ` --label ${JSON.stringify(label)}`).join("");
  const storage = values?.storage === "usrBos" ? ` --storage ${values.storagePath?.trim() || "s3://bucket/prefix/"}` : "";
  return `bml datasets export ${ref.datasetId} --version ${ref.versionNumber} --format ${format}${state}${labels}${storage}`;
}

function ExportCard({ refTo, item, mayManage }: { readonly refTo: VersionRef; readonly item: Export; readonly mayManage: boolean }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const { message } = App.useApp();
  const call = useJobCall(refTo);
  const download = async (): Promise<void> => {
    const fresh = await readExport(refTo, item.export_id); // its address is good for an hour only
    if (!fresh.download_url) return;
    const link = document.createElement("a");
    link.href = fresh.download_url;
    link.click();
  };
  const which = [item.annotation_state ? t(`samples.${item.annotation_state}`) : "", ...(item.labels ?? [])].filter(Boolean).join(", ");
  return (
    <JobCard
      refTo={refTo}
      kind="export"
      id={item.export_id}
      job={item}
      title={maybeT(`format.${item.format}`) ?? item.format}
      cancel={mayManage ? () => cancelExport(refTo, item.export_id) : null}
      actions={
        item.download_url ? (
          <Button
            size="small"
            type="primary"
            icon={<DownloadOutlined />}
            loading={call.isPending}
            onClick={() => {
              call.mutate(download, { onError: (error) => void message.error(problemText(error, t)) });
            }}
          >
            {t("exports.download")}
          </Button>
        ) : null
      }
    >
      <div className="ob-row ob-small ob-muted">
        {which ? <span>{which}</span> : null}
        {item.state === "finished" ? (
          <span className="ob-num">
            {t("datasets.sampleCount", { count: item.sample_count })} · {format.bytes(item.size_bytes ?? 0)}
          </span>
        ) : null}
        {item.storage_type === "usrBos" ? <span className="ob-mono">{item.storage_path}</span> : null}
      </div>
    </JobCard>
  );
}
