import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { ScoreBars } from "@/ui/score-bars";
import type { RowAnswer } from "./table-prediction";

const MOST_CLASSES = 8;

interface Props {
  readonly answer: RowAnswer;
  readonly positive: string | null;
  readonly threshold: number | null;
}

/** A class with the probabilities of all, or a value with its quantiles. */
export function AnswerView({ answer, positive, threshold }: Props) {
  const t = useT();
  const format = useFormat();
  if (answer.label !== null) {
    return (
      <>
        <strong className="ob-answer">{answer.label}</strong>
        <ScoreBars results={answer.scores.slice(0, MOST_CLASSES)} />
        {threshold !== null && positive !== null ? (
          <span className="ob-small ob-muted">{t("tabular.whatIf.threshold", { label: positive, threshold: format.percent(threshold) })}</span>
        ) : null}
      </>
    );
  }
  return (
    <>
      <strong className="ob-answer ob-num">{answer.value === null ? "–" : format.compact(answer.value)}</strong>
      {answer.quantiles.length > 0 ? (
        <dl className="ob-facts">
          {answer.quantiles.map(({ quantile, value }) => (
            <div key={quantile} style={{ display: "contents" }}>
              <dt>{t("tabular.whatIf.quantile", { share: format.percent(Number(quantile), 0) })}</dt>
              <dd className="ob-num">{format.compact(value)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
    </>
  );
}
