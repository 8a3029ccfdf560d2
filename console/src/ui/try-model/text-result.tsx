import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { EmptyState } from "../empty";
import { ScoreBars } from "../score-bars";
import { MarkedText, TaggedTokens } from "../text/marked-text";
import { entitiesOf, scoresOf, similarityOf, tokensOf } from "./answers";

interface Props {
  readonly taskType: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** What a model of texts answered: spans in the text, a tag for each token, a similarity, or classes. */
export function TextResult({ taskType, document }: Props) {
  switch (taskType) {
    case "entity_extraction":
      return <Entities document={document} />;
    case "sequence_labelling":
      return (
        <div className="ob-viewer-text" data-testid="tokens">
          <TaggedTokens tokens={tokensOf(document)} />
        </div>
      );
    case "short_text_matching":
      return <Similarity score={similarityOf(document)} />;
    default:
      return <Classes document={document} />;
  }
}

function Classes({ document }: { readonly document: Props["document"] }) {
  const t = useT();
  const scores = scoresOf(document);
  return scores.length === 0 ? <EmptyState title={t("tryIt.nothing")} /> : <ScoreBars results={scores} />;
}

function Entities({ document }: { readonly document: Props["document"] }) {
  const t = useT();
  const { content, entities } = entitiesOf(document);
  return (
    <div className="ob-stack-s">
      <div className="ob-viewer-text" data-testid="entities">
        <MarkedText text={content} spans={entities} />
      </div>
      <span className="ob-muted">{t("tryIt.entities", { count: entities.length })}</span>
    </div>
  );
}

function Similarity({ score }: { readonly score: number | null }) {
  const t = useT();
  const format = useFormat();
  if (score === null) return <EmptyState title={t("tryIt.nothing")} />;
  return (
    <div className="ob-stack-s">
      <span className="ob-answer" data-testid="similarity">
        {format.score(score)}
      </span>
      <ScoreBars results={[{ name: t("tryIt.similarity"), score }]} />
    </div>
  );
}
