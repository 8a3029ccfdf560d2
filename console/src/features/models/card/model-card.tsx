import { useModelCard } from "@/api/queries/repository";
import { useT } from "@/i18n";
import { CopyButton } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Markdown } from "@/ui/markdown/markdown";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly projectId: number;
  readonly modelId: number;
  readonly version: number;
}

export function ModelCard({ projectId, modelId, version }: Props) {
  const t = useT();
  return (
    <QueryView query={useModelCard(projectId, modelId, version)}>
      {({ markdown }) => (
        <Panel title={t("models.card")} extra={<CopyButton text={markdown} label={t("models.card.copy")} />}>
          <div data-testid="model-card">{markdown.trim() === "" ? <EmptyState title={t("models.card.empty")} /> : <Markdown source={markdown} />}</div>
        </Panel>
      )}
    </QueryView>
  );
}
