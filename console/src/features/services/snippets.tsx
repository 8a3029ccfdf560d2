import { Tabs } from "antd";
import { useT } from "@/i18n";
import { CopyButton } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { curlSnippet, pythonSnippet } from "./snippet-text";

export function Snippets({ url }: { readonly url: string }) {
  const t = useT();
  const snippets = { curl: curlSnippet(url, window.location.origin), python: pythonSnippet(url, window.location.origin) };
  const block = (text: string) => (
    <div style={{ position: "relative" }}>
      <pre className="ob-code" tabIndex={0}>
        {text}
      </pre>
      <div className="ob-code-copy">
        <CopyButton text={text} />
      </div>
    </div>
  );
  return (
    <Panel title={t("services.call")}>
      <Tabs
        size="small"
        items={[
          { key: "curl", label: "curl", children: block(snippets.curl) },
          { key: "python", label: "Python", children: block(snippets.python) },
        ]}
      />
    </Panel>
  );
}
