import { InboxOutlined } from "@ant-design/icons";
import { Button, Form, Input, Progress, Segmented, Select, Upload } from "antd";
import { INPUT_FORMATS, OUTPUT_FORMATS } from "@/api/batch";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { formatOf, type BatchValues } from "./batch-request";

const ADDRESS = /^s3:\/\/[^\s/]+(\/\S*)?$/;
const FOLDER = /^s3:\/\/\S+\/$/;

interface Props {
  /** A schedule reads what is there when it runs. */
  readonly isAddressOnly: boolean;
  readonly way: BatchValues["way"];
  readonly files: readonly File[];
  readonly sent: Readonly<Record<string, number>>;
  readonly isBusy: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

/** Where the data comes from and where the answers go. */
export function InputFields({ isAddressOnly, way, files, sent, isBusy, onFiles }: Props) {
  const t = useT();
  const address = { pattern: ADDRESS, message: t("batch.addressWrong") };
  return (
    <Panel title={t("batch.data")}>
      <Form.Item name="way" label={t("batch.input")}>
        <Segmented
          aria-label={t("batch.input")}
          options={[
            { value: "files", label: t("batch.way.files"), disabled: isAddressOnly },
            { value: "address", label: t("batch.way.address") },
          ]}
        />
      </Form.Item>
      {way === "address" ? (
        <Form.Item name="uri" label={t("batch.address")} rules={[{ required: true, message: t("form.required") }, address]}>
          <Input className="ob-mono" placeholder={ADDRESS_EXAMPLE} />
        </Form.Item>
      ) : (
        <Files files={files} sent={sent} isBusy={isBusy} onFiles={onFiles} />
      )}
      <div className="ob-grid" style={{ rowGap: 0, marginTop: 16 }}>
        <Form.Item name="input_format" label={t("batch.inputFormat")} style={{ gridColumn: "span 6" }}>
          <Select options={INPUT_FORMATS.map((value) => ({ value, label: t(`batch.format.${value}`) }))} />
        </Form.Item>
        <Form.Item name="output_format" label={t("batch.outputFormat")} style={{ gridColumn: "span 6" }}>
          <Select options={OUTPUT_FORMATS.map((value) => ({ value, label: t(`batch.format.${value}`) }))} />
        </Form.Item>
      </div>
      <Form.Item name="output_uri" label={t("batch.output")} extra={t("batch.outputHelp")} rules={[{ pattern: FOLDER, message: t("batch.folderWrong") }]} style={{ marginBottom: 0 }}>
        <Input className="ob-mono" placeholder={ADDRESS_EXAMPLE} />
      </Form.Item>
    </Panel>
  );
}

const ADDRESS_EXAMPLE = "s3://bucket/folder/";
const SHOWN = 5;

function Files({ files, sent, isBusy, onFiles }: Pick<Props, "files" | "sent" | "isBusy" | "onFiles">) {
  const t = useT();
  const format = useFormat();
  const form = Form.useFormInstance<BatchValues>();
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const done = Object.values(sent).reduce((sum, bytes) => sum + bytes, 0);
  const choose = (chosen: readonly File[]): void => {
    onFiles(chosen);
    form.setFieldValue("input_format", formatOf(chosen.map((file) => file.name)));
  };
  return (
    <div className="ob-stack-s">
      <Upload.Dragger
        multiple
        showUploadList={false}
        disabled={isBusy}
        beforeUpload={(_, chosen) => {
          choose(chosen);
          return false;
        }}
      >
        <InboxOutlined style={{ fontSize: 28 }} aria-hidden />
        <p style={{ margin: "6px 0 0", fontWeight: 600 }}>{t("batch.drop")}</p>
        <p className="ob-muted ob-small" style={{ margin: "2px 0" }}>
          {t("batch.dropHelp")}
        </p>
      </Upload.Dragger>
      {files.length > 0 ? (
        <div className="ob-between" data-testid="batch-files">
          <span className="ob-breaks">
            {files.slice(0, SHOWN).map((file) => file.name).join(", ")}
            {files.length > SHOWN ? ` +${files.length - SHOWN}` : ""} · {format.bytes(size)}
          </span>
          <Button size="small" type="text" disabled={isBusy} onClick={() => { choose([]); }}>
            {t("batch.clear")}
          </Button>
        </div>
      ) : null}
      {isBusy && size > 0 ? <Progress percent={Math.floor((100 * done) / size)} aria-label={t("batch.sending")} /> : null}
    </div>
  );
}
