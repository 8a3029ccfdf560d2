import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { totalOf, type Explanation } from "./table-prediction";

const SHOWN = 12;

interface Props {
  readonly explanation: Explanation;
  /** The class whose probability is explained; null of a value. */
  readonly label: string | null;
  readonly isShare: boolean;
}

/** What each feature added to the answer of usual rows, or took from it. */
export function ExplanationBars({ explanation, label, isShare }: Props) {
  const t = useT();
  const format = useFormat();
  const shown = explanation.contributions.slice(0, SHOWN);
  const rest = explanation.contributions.slice(SHOWN);
  const others = rest.reduce((sum, entry) => sum + entry.contribution, 0);
  const bars = [
    ...shown.map((entry) => ({ name: entry.feature, value: valueText(entry.value), size: entry.contribution })),
    ...(rest.length > 0 ? [{ name: t("tabular.whatIf.others", { count: rest.length }), value: "", size: others }] : []),
  ];
  const most = Math.max(Number.MIN_VALUE, ...bars.map((bar) => Math.abs(bar.size)));
  const show = (value: number): string => (isShare ? format.percent(value, 2) : format.compact(value));
  const told = { base: show(explanation.base), answer: show(totalOf(explanation)) };
  return (
    <div className="ob-stack-s" data-testid="explanation">
      <span className="ob-small ob-muted">{label === null ? t("tabular.whatIf.base", told) : t("tabular.whatIf.baseOf", { label, ...told })}</span>
      <ul className="ob-pushes">
        {bars.map((bar) => (
          <li key={bar.name}>
            <span className="ob-cell" title={`${bar.name} ${bar.value}`}>
              {bar.name} <span className="ob-muted">{bar.value}</span>
            </span>
            <div aria-hidden data-side={bar.size < 0 ? "less" : "more"}>
              <i style={{ width: `${(Math.abs(bar.size) / most) * 50}%` }} />
            </div>
            <span className="ob-num">{`${bar.size > 0 ? "+" : ""}${show(bar.size)}`}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return "= ∅";
  return `= ${typeof value === "string" ? value : JSON.stringify(value)}`;
}
