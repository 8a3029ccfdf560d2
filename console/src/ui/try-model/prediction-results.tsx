import { useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import type { Mark } from "@/ui/picture/marked-picture";
import { ScoreBars } from "@/ui/score-bars";
import type { ChosenPicture } from "./chosen-picture";
import { MarkedChoice } from "./marked-choice";
import type { PredictionResult } from "@/api/prediction";

interface Props {
  readonly picture: ChosenPicture;
  readonly results: readonly PredictionResult[];
}

/** What a model answered: classes as bars, objects and areas also over the picture. */
export function PredictionResults({ picture, results }: Props) {
  const t = useT();
  if (results.length === 0) return <EmptyState title={t("tryIt.nothing")} />;
  const isDrawn = results.some((result) => result.box ?? result.mask);
  return (
    <>
      {isDrawn ? <DrawnResults picture={picture} results={results} /> : null}
      <ScoreBars results={results} />
    </>
  );
}

function DrawnResults({ picture, results }: Props) {
  const format = useFormat();
  const marks = useMemo(
    () => results.map((result): Mark => ({ label: result.name, text: format.percent(result.score, 0), tone: "label", box: result.box ?? null, mask: result.mask ?? null })),
    [results, format],
  );
  return <MarkedChoice picture={picture} marks={marks} />;
}
