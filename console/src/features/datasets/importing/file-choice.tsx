import { CloseOutlined, InboxOutlined } from "@ant-design/icons";
import { Button, Upload } from "antd";
import type { DataFormat } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { acceptedSuffixes, mostFiles, type Refusal } from "./import-choice";

interface Props {
  readonly format: DataFormat;
  readonly files: readonly File[];
  readonly refusal: Refusal | null;
  readonly onChange: (files: readonly File[]) => void;
}

const LISTED = 8;

/** Files by drag and drop; nothing is sent yet. */
export function FileChoice({ format, files, refusal, onChange }: Props) {
  const t = useT();
  const numbers = useFormat();
  const several = mostFiles(format) > 1;
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return (
    <div className="ob-stack-s">
      <Upload.Dragger
        multiple
        showUploadList={false}
        beforeUpload={(file, dropped) => {
          if (file === dropped.at(-1)) onChange([...files, ...dropped.filter((other) => !files.some((known) => known.name === other.name && known.size === other.size))]);
          return false;
        }}
      >
        <p style={{ fontSize: 30, margin: "4px 0" }} aria-hidden>
          <InboxOutlined />
        </p>
        <p style={{ margin: 0, fontWeight: 600 }}>{t(several ? "imports.dropSeveral" : "imports.drop")}</p>
        <p className="ob-muted ob-small" style={{ margin: "4px 0" }}>
          {t("imports.accepts", { suffixes: acceptedSuffixes(format).join(", ") })}
        </p>
      </Upload.Dragger>
      {refusal ? <div role="alert" className="ob-fault">{t(refusal.key, refusal.params)}</div> : null}
      {files.length > 0 ? (
        <ul className="ob-list ob-small" aria-label={t("imports.chosen")}>
          {files.slice(0, LISTED).map((file) => (
            <li key={`${file.name} ${file.size}`}>
              <span style={{ overflowWrap: "anywhere" }}>{file.name}</span>
              <span className="ob-row ob-muted ob-num">
                {numbers.bytes(file.size)}
                <Button
                  type="text"
                  size="small"
                  icon={<CloseOutlined />}
                  aria-label={t("imports.removeFile", { name: file.name })}
                  onClick={() => {
                    onChange(files.filter((other) => other !== file));
                  }}
                />
              </span>
            </li>
          ))}
          {files.length > 1 ? (
            <li>
              <span>{t("imports.total", { count: files.length, size: numbers.bytes(bytes) })}</span>
              <Button
                size="small"
                onClick={() => {
                  onChange([]);
                }}
              >
                {t("imports.removeAll")}
              </Button>
            </li>
          ) : null}
        </ul>
      ) : null}
    </div>
  );
}
