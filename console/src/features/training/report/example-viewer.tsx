import { LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button, Modal } from "antd";
import { useEffect, useMemo } from "react";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { MarkedPicture } from "@/ui/picture/marked-picture";
import { ScoreBars } from "@/ui/score-bars";
import { marksOf, type MistakeFilter } from "./mistakes";
import { MistakeList } from "./mistake-list";
import type { WrongExample } from "./report";

interface Props {
  readonly examples: readonly WrongExample[];
  readonly place: number | null;
  readonly filter: MistakeFilter;
  readonly withRight: boolean;
  readonly onMove: (place: number | null) => void;
}

/** One example in full; the arrow keys go on. */
export function ExampleViewer({ examples, place, filter, withRight, onMove }: Props) {
  const t = useT();
  const total = examples.length;
  const example = place === null ? undefined : examples[place];
  useEffect(() => {
    if (place === null) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "ArrowRight" && place + 1 < total) onMove(place + 1);
      if (event.key === "ArrowLeft" && place > 0) onMove(place - 1);
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, [place, total, onMove]);
  const step = (by: number, label: string, icon: React.ReactNode) => (
    <Button
      type="text"
      size="small"
      icon={icon}
      aria-label={label}
      disabled={place === null || place + by < 0 || place + by >= total}
      onClick={() => {
        onMove((place ?? 0) + by);
      }}
    />
  );
  return (
    <Modal
      open={example !== undefined}
      width={920}
      footer={null}
      destroyOnHidden
      onCancel={() => {
        onMove(null);
      }}
      title={
        <div className="ob-row" style={{ paddingInlineEnd: 28 }}>
          {step(-1, t("report.previous"), <LeftOutlined />)}
          {step(1, t("report.next"), <RightOutlined />)}
          <span style={{ overflowWrap: "anywhere" }}>{example?.name}</span>
          <span className="ob-muted ob-small ob-num">{place === null ? "" : t("report.place", { place: place + 1, total })}</span>
        </div>
      }
    >
      {example ? <ExampleContent key={example.sample_id} example={example} filter={filter} withRight={withRight} /> : null}
    </Modal>
  );
}

function ExampleContent({ example, filter, withRight }: Pick<Props, "filter" | "withRight"> & { readonly example: WrongExample }) {
  const t = useT();
  const format = useFormat();
  const marks = useMemo(() => marksOf(example, filter, withRight, { percent: (value) => format.percent(value, 0) }), [example, filter, withRight, format]);
  const source = example.image_url ?? example.thumbnail_url;
  const picture = !source ? (
    <p className="ob-muted">{t("report.imageGone")}</p>
  ) : example.width && example.height ? (
    <MarkedPicture src={source} alt={example.name} width={example.width} height={example.height} marks={marks} maxHeight="60vh" />
  ) : (
    <img src={source} alt={example.name} style={{ maxWidth: "100%", maxHeight: "60vh", margin: "0 auto", display: "block", minHeight: 160 }} />
  );
  return (
    <div className="ob-stack">
      {picture}
      {typeof example.true === "string" ? (
        <p style={{ margin: 0 }}>
          {t("report.wrongSentence", { true: example.true, predicted: String(example.predicted), score: format.percent(example.score ?? 0) })}
        </p>
      ) : (
        <MistakeList example={example} />
      )}
      {example.top ? <ScoreBars results={example.top} /> : null}
    </div>
  );
}
