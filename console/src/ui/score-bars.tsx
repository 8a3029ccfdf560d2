import { useFormat } from "@/format/use-format";

interface Result {
  readonly name: string;
  readonly score: number;
}

/** Results of a prediction, one bar per class. */
export function ScoreBars({ results }: { readonly results: readonly Result[] }) {
  const format = useFormat();
  return (
    <div className="ob-bars" data-testid="results">
      {results.map((result, index) => (
        <div className="ob-bar" key={`${result.name}-${index}`}>
          <span style={{ overflowWrap: "anywhere" }}>{result.name}</span>
          <div aria-hidden>
            <i style={{ width: `${Math.max(0, Math.min(1, result.score)) * 100}%` }} />
          </div>
          <span>{format.percent(result.score, 2)}</span>
        </div>
      ))}
    </div>
  );
}
