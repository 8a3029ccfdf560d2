import { DeleteOutlined, FolderOpenOutlined, InboxOutlined } from "@ant-design/icons";
import { Button, Progress, Upload } from "antd";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";

interface NamedFile {
  readonly name: string;
  readonly file: File;
}

interface Props {
  readonly files: readonly NamedFile[];
  readonly sent: Readonly<Record<string, number>>;
  readonly isBusy: boolean;
  readonly onChange: (files: readonly File[]) => void;
}

/** The files of a model, single ones or a whole folder, each with how far it is sent. */
export function ModelFiles({ files, sent, isBusy, onChange }: Props) {
  const t = useT();
  const known = files.map(({ file }) => file);
  const add = (more: readonly File[]): false => {
    onChange([...known, ...more.filter((file) => !known.includes(file))]);
    return false;
  };
  return (
    <div className="ob-stack">
      <Upload.Dragger multiple showUploadList={false} disabled={isBusy} beforeUpload={(_, chosen) => add(chosen)}>
        <InboxOutlined style={{ fontSize: 28 }} aria-hidden />
        <p style={{ margin: "6px 0 0", fontWeight: 600 }}>{t("imports.model.drop")}</p>
        <p className="ob-muted ob-small" style={{ margin: "2px 0" }}>
          {t("imports.model.dropHelp")}
        </p>
      </Upload.Dragger>
      <Upload directory showUploadList={false} disabled={isBusy} beforeUpload={(_, chosen) => add(chosen)}>
        <Button icon={<FolderOpenOutlined />} disabled={isBusy}>
          {t("imports.model.folder")}
        </Button>
      </Upload>
      {files.length === 0 ? null : (
        <ul className="ob-list" data-testid="model-files">
          {files.map((entry) => (
            <FileRow
              key={`${entry.name}/${entry.file.lastModified}`}
              entry={entry}
              sentBytes={sent[entry.name]}
              isBusy={isBusy}
              onRemove={() => {
                onChange(known.filter((file) => file !== entry.file));
              }}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

interface RowProps {
  readonly entry: NamedFile;
  readonly sentBytes: number | undefined;
  readonly isBusy: boolean;
  readonly onRemove: () => void;
}

function FileRow({ entry: { name, file }, sentBytes, isBusy, onRemove }: RowProps) {
  const t = useT();
  const format = useFormat();
  return (
    <li>
      <span className="ob-mono ob-breaks">{name}</span>
      <span className="ob-row" style={{ flexWrap: "nowrap" }}>
        {isBusy ? <Progress style={{ width: 120 }} size="small" percent={Math.floor((100 * (sentBytes ?? 0)) / Math.max(1, file.size))} aria-label={name} /> : null}
        <span className="ob-num ob-muted">{format.bytes(file.size)}</span>
        <Button type="text" size="small" icon={<DeleteOutlined />} disabled={isBusy} aria-label={t("imports.model.remove", { file: name })} onClick={onRemove} />
      </span>
    </li>
  );
}
