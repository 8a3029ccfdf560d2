import { Tabs } from "antd";
import { useSnippets } from "@/api/queries/service-changes";
import type { Snippet } from "@/api/serving";
import { useT } from "@/i18n";
import { CodeBlock } from "@/ui/code-block";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";

const LANGUAGES: Readonly<Record<Snippet["language"], string>> = { curl: "curl", python: "Python", javascript: "JavaScript", java: "Java", php: "PHP", cpp: "C++" };

/** Programs that call the service, as the platform writes them for its task. */
export function Snippets({ projectId, serviceId }: { readonly projectId: number; readonly serviceId: number }) {
  const t = useT();
  return (
    <Panel title={t("services.call")}>
      <QueryView query={useSnippets(projectId, serviceId)}>
        {(snippets) => (
          <Tabs
            size="small"
            items={snippets.map((snippet) => ({
              key: snippet.language,
              label: LANGUAGES[snippet.language],
              children: (
                <div className="ob-stack-s">
                  <span className="ob-small ob-muted ob-mono">{snippet.file_name}</span>
                  <CodeBlock text={snippet.text} />
                </div>
              ),
            }))}
          />
        )}
      </QueryView>
    </Panel>
  );
}
