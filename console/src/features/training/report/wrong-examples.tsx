import { Checkbox, Switch } from "antd";
import { useMemo, useState } from "react";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { TONE_COLOURS } from "@/ui/picture/marked-picture";
import { ExampleThumb } from "./example-thumb";
import { ExampleViewer } from "./example-viewer";
import { ALL_MISTAKES, examplesOf, mistakesByLabel, tellsKinds, type MistakeFilter } from "./mistakes";
import type { WrongExample } from "./report";

const AT_ONCE = 24;

/** What the model got wrong, the most instructive first, by label and by kind of mistake (checklist 37). */
export function WrongExamples({ examples }: { readonly examples: readonly WrongExample[] }) {
  const t = useT();
  const [filter, setFilter] = useState<MistakeFilter>(ALL_MISTAKES);
  const [withRight, setWithRight] = useState(false);
  const [count, setCount] = useState(AT_ONCE);
  const [place, setPlace] = useState<number | null>(null);
  const mistakes = useMemo(() => mistakesByLabel(examples), [examples]);
  const found = useMemo(() => examplesOf(examples, filter), [examples, filter]);
  const hasRightMarks = useMemo(() => examples.some((example) => example.right?.some((object) => object.box)), [examples]);
  const change = (next: Partial<MistakeFilter>): void => {
    setFilter({ ...filter, ...next });
    setCount(AT_ONCE);
  };
  if (examples.length === 0) {
    return (
      <Panel title={t("report.wrong")}>
        <EmptyState title={t("report.noneWrong")} />
      </Panel>
    );
  }
  const row = (key: string | null, text: string, total: number) => (
    <li key={key ?? ""}>
      <button
        type="button"
        aria-pressed={filter.label === key}
        onClick={() => {
          change({ label: key });
        }}
      >
        <span style={{ overflowWrap: "anywhere" }}>{text}</span>
        <span className="ob-num ob-muted">{total}</span>
      </button>
    </li>
  );
  return (
    <Panel title={t("report.wrong")}>
      <p className="ob-muted ob-small" style={{ marginTop: 0 }}>
        {t("report.wrongHelp")}
      </p>
      {tellsKinds(examples) ? <KindFilter filter={filter} onChange={change} withRight={withRight} {...(hasRightMarks ? { onRight: setWithRight } : {})} /> : null}
      <div className="ob-grid">
        <ul className="ob-filter" style={{ gridColumn: "span 3", alignContent: "start" }} aria-label={t("report.label")}>
          {row(null, t("samples.all"), examples.length)}
          {mistakes.map((mistake) => row(mistake.label, mistake.label, mistake.count))}
        </ul>
        <div style={{ gridColumn: "span 9" }}>
          {found.length === 0 ? <EmptyState title={t("report.noneOfFilter")} /> : null}
          <ul className="ob-thumbs ob-thumbs-large" data-testid="wrong-examples">
            {found.slice(0, count).map((example, index) => (
              <li key={example.sample_id}>
                <ExampleThumb
                  example={example}
                  filter={filter}
                  withRight={withRight}
                  onOpen={() => {
                    setPlace(index);
                  }}
                />
              </li>
            ))}
          </ul>
          <LoadMore
            query={{
              hasNextPage: found.length > count,
              isFetchingNextPage: false,
              fetchNextPage: () => {
                setCount(count + AT_ONCE);
              },
            }}
          />
        </div>
      </div>
      <ExampleViewer examples={found} place={place} filter={filter} withRight={withRight} onMove={setPlace} />
    </Panel>
  );
}

interface KindProps {
  readonly filter: MistakeFilter;
  readonly withRight: boolean;
  readonly onChange: (change: Partial<MistakeFilter>) => void;
  /** Left out where right objects are not drawn. */
  readonly onRight?: (on: boolean) => void;
}

function KindFilter({ filter, withRight, onChange, onRight }: KindProps) {
  const t = useT();
  const swatch = (tone: keyof typeof TONE_COLOURS) => <span className="ob-swatch" style={{ background: TONE_COLOURS[tone] }} data-dashed={tone === "missed"} aria-hidden />;
  return (
    <div className="ob-row" style={{ marginBottom: 12, gap: 16 }}>
      <Checkbox
        checked={filter.falsePositives}
        onChange={(event) => {
          onChange({ falsePositives: event.target.checked });
        }}
      >
        {swatch("false_positive")}
        {t("report.falsePositives")}
      </Checkbox>
      <Checkbox
        checked={filter.missed}
        onChange={(event) => {
          onChange({ missed: event.target.checked });
        }}
      >
        {swatch("missed")}
        {t("report.missed")}
      </Checkbox>
      {onRight ? (
        <span className="ob-row">
          <Switch size="small" checked={withRight} onChange={onRight} aria-label={t("report.showRight")} />
          {swatch("right")}
          {t("report.showRight")}
        </span>
      ) : null}
    </div>
  );
}
