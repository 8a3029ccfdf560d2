import { Modal } from "antd";
import { useMemo, useState } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { ScoreBars } from "@/ui/score-bars";
import { mistakesByLabel, type Report, type WrongExample } from "./report";

/** What the model got wrong, the most confident mistakes first, by true label. */
export function WrongExamples({ report }: { readonly report: Report }) {
  const t = useT();
  const [label, setLabel] = useState<string | null>(null);
  const [shown, setShown] = useState<WrongExample | null>(null);
  const mistakes = useMemo(() => mistakesByLabel(report.wrong_examples), [report]);
  const examples = label === null ? report.wrong_examples : report.wrong_examples.filter((example) => example.true === label);
  if (report.wrong_examples.length === 0) {
    return (
      <Panel title={t("report.wrong")}>
        <EmptyState title={t("report.noneWrong")} />
      </Panel>
    );
  }
  const row = (key: string | null, text: string, count: number) => (
    <li key={key ?? ""}>
      <button
        type="button"
        aria-pressed={label === key}
        onClick={() => {
          setLabel(key);
        }}
      >
        <span>{text}</span>
        <span className="ob-num ob-muted">{count}</span>
      </button>
    </li>
  );
  return (
    <Panel title={t("report.wrong")}>
      <p className="ob-muted ob-small" style={{ marginTop: 0 }}>
        {t("report.wrongHelp")}
      </p>
      <div className="ob-grid">
        <ul className="ob-filter" style={{ gridColumn: "span 3" }} aria-label={t("report.true")}>
          {row(null, t("samples.all"), report.wrong_examples.length)}
          {mistakes.map((mistake) => row(mistake.label, mistake.label, mistake.count))}
        </ul>
        <ul className="ob-thumbs" style={{ gridColumn: "span 9" }} data-testid="wrong-examples">
          {examples.map((example) => (
            <li key={example.sample_id}>
              <button
                type="button"
                className="ob-thumb"
                onClick={() => {
                  setShown(example);
                }}
              >
                {example.thumbnail_url ? <img src={example.thumbnail_url} alt={example.name} loading="lazy" decoding="async" /> : null}
                <div>{t("report.wrongPair", { true: example.true, predicted: example.predicted })}</div>
              </button>
            </li>
          ))}
        </ul>
      </div>
      <ExampleViewer
        example={shown}
        onClose={() => {
          setShown(null);
        }}
      />
    </Panel>
  );
}

function ExampleViewer({ example, onClose }: { readonly example: WrongExample | null; readonly onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  return (
    <Modal open={example !== null} title={example?.name} footer={null} onCancel={onClose} destroyOnHidden>
      {example ? (
        <div className="ob-stack">
          {example.thumbnail_url ? (
            <img src={example.thumbnail_url} alt={example.name} style={{ maxWidth: "100%", margin: "0 auto", display: "block", minHeight: 160 }} />
          ) : (
            <p className="ob-muted">{t("report.imageGone")}</p>
          )}
          <p style={{ margin: 0 }}>
            {t("report.wrongSentence", { true: example.true, predicted: example.predicted, score: format.percent(example.score) })}
          </p>
          <ScoreBars results={example.top} />
        </div>
      ) : null}
    </Modal>
  );
}
