import { Tabs } from "antd";
import { useT } from "@/i18n";
import { CodeBlock } from "@/ui/code-block";
import { Panel } from "@/ui/page";
import { curlSnippet, pythonSnippet } from "./snippet-text";

export function Snippets({ url }: { readonly url: string }) {
  const t = useT();
  const snippets = { curl: curlSnippet(url, window.location.origin), python: pythonSnippet(url, window.location.origin) };
  return (
    <Panel title={t("services.call")}>
      <Tabs
        size="small"
        items={[
          { key: "curl", label: "curl", children: <CodeBlock text={snippets.curl} /> },
          { key: "python", label: "Python", children: <CodeBlock text={snippets.python} /> },
        ]}
      />
    </Panel>
  );
}
