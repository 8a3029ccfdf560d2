import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import { useEffect, useState } from "react";
import { useT } from "@/i18n";

export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = window.setTimeout(() => {
      setCopied(false);
    }, 1500);
    return () => {
      window.clearTimeout(timer);
    };
  }, [copied]);
  const name = copied ? t("action.copied") : (label ?? t("action.copy"));
  return (
    <Tooltip title={name}>
      <Button
        type="text"
        size="small"
        aria-label={name}
        icon={copied ? <CheckOutlined /> : <CopyOutlined />}
        onClick={() => {
          void navigator.clipboard.writeText(text).then(() => {
            setCopied(true);
          });
        }}
      />
    </Tooltip>
  );
}

/** Longer ones (digests, addresses) break where their place ends. */
const LONGEST_LINE = 40;

/** An id or address in type-writer letters with its copy button. */
export function CopyText({ text }: { readonly text: string | number }) {
  const told = String(text);
  return (
    <span className="ob-mono" style={told.length > LONGEST_LINE ? { overflowWrap: "anywhere" } : { whiteSpace: "nowrap" }}>
      {told}
      <CopyButton text={told} />
    </span>
  );
}

/** The same action in the `bml` command line. */
export function AsCommand({ command }: { readonly command: string }) {
  const t = useT();
  return (
    <div className="ob-command">
      <span>{t("command.title")}</span>
      <code tabIndex={0}>{command}</code>
      <CopyButton text={command} label={t("command.copy")} />
    </div>
  );
}
