import { LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button, Modal, Tabs } from "antd";
import { useEffect, useState } from "react";
import type { VersionRef } from "@/api/queries/datasets";
import { SAMPLES_PER_PAGE, useSample, useSamplePages, type SampleFilter } from "@/api/queries/samples";
import type { DatasetKind, SampleDetail } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { Facts } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";
import { AnnotationEditor } from "./annotation-editor";
import { AnnotatedImage } from "./regions";
import { SampleHistory } from "./sample-history";
import { TextContent } from "./text-content";

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly filter: SampleFilter;
  /** Which sample of the filter is shown; null for none. */
  readonly place: number | null;
  readonly total: number;
  readonly mayWrite: boolean;
  readonly mayManage: boolean;
  readonly title: (place: number) => string;
  readonly onMove: (place: number | null) => void;
}

interface Held {
  readonly place: number;
  readonly sampleId: number;
  readonly name: string;
}

/** One sample as it is, with its neighbours of the list a key away. */
export function SampleViewer({ refTo, kind, filter, place, total, mayWrite, mayManage, title, onMove }: Props) {
  const t = useT();
  const pages = place === null ? [] : [Math.floor(place / SAMPLES_PER_PAGE)];
  const [page] = useSamplePages(refTo, filter, pages);
  const listed = place === null ? undefined : page?.data?.items[place % SAMPLES_PER_PAGE];
  // An edit can take the sample out of the filter; it stays shown until the person moves on.
  const [held, setHeld] = useState<Held | null>(null);
  if (place === null && held) setHeld(null);
  if (place !== null && listed && held?.place !== place) setHeld({ place, sampleId: listed.sample_id, name: listed.name });
  const shown = held?.place === place ? held : null;
  const query = useSample(refTo, shown?.sampleId ?? null);
  const isOpen = place !== null;
  useEffect(() => {
    if (place === null) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLElement && event.target.closest("input, textarea, audio, [role=tab], .ant-select")) return;
      if (event.key === "ArrowRight" && place + 1 < total) onMove(place + 1);
      if (event.key === "ArrowLeft" && place > 0) onMove(place - 1);
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, [place, total, onMove]);
  return (
    <Modal
      open={isOpen}
      width={1080}
      footer={null}
      destroyOnHidden
      title={
        place === null ? null : (
          <div className="ob-row" style={{ paddingInlineEnd: 28 }}>
            <Button type="text" size="small" icon={<LeftOutlined />} aria-label={t("samples.previous")} disabled={place === 0} onClick={() => { onMove(place - 1); }} />
            <Button type="text" size="small" icon={<RightOutlined />} aria-label={t("samples.next")} disabled={place + 1 >= total} onClick={() => { onMove(place + 1); }} />
            <span style={{ overflowWrap: "anywhere" }}>{shown?.name}</span>
            <span className="ob-muted ob-small ob-num">{title(place)}</span>
          </div>
        )
      }
      onCancel={() => {
        onMove(null);
      }}
    >
      <QueryView query={query}>
        {(sample) => (
          <div className="ob-viewer" data-testid="viewer">
            <Content kind={kind} sample={sample} />
            <Side
              key={sample.sample_id}
              refTo={refTo}
              kind={kind}
              sample={sample}
              mayWrite={mayWrite}
              mayManage={mayManage}
              onDeleted={() => {
                onMove(null);
              }}
            />
          </div>
        )}
      </QueryView>
    </Modal>
  );
}

function Content({ kind, sample }: { readonly kind: DatasetKind; readonly sample: SampleDetail }) {
  if (kind.content === "image" && sample.content_url) {
    return <AnnotatedImage src={sample.content_url} alt={sample.name} width={sample.width} height={sample.height} annotation={sample.annotation} maxHeight="62vh" />;
  }
  if (kind.content === "sound" && sample.content_url) return <audio controls src={sample.content_url} aria-label={sample.name} style={{ width: "100%" }} />;
  return (
    <div className="ob-viewer-text" tabIndex={0}>
      <TextContent content={kind.content} texts={sample.texts} annotation={sample.annotation} />
    </div>
  );
}

interface SideProps extends Pick<Props, "refTo" | "kind" | "mayWrite" | "mayManage"> {
  readonly sample: SampleDetail;
  readonly onDeleted: () => void;
}

function Side({ refTo, kind, sample, mayWrite, mayManage, onDeleted }: SideProps) {
  const t = useT();
  return (
    <Tabs
      size="small"
      items={[
        {
          key: "annotation",
          label: t("samples.annotation"),
          children: <AnnotationEditor refTo={refTo} kind={kind} sample={sample} mayWrite={mayWrite} mayManage={mayManage} onDeleted={onDeleted} />,
        },
        { key: "history", label: t("samples.history"), children: <SampleHistory refTo={refTo} sample={sample} mayWrite={mayWrite} /> },
        { key: "facts", label: t("samples.facts"), children: <SampleFacts sample={sample} /> },
      ]}
    />
  );
}

function SampleFacts({ sample }: { readonly sample: SampleDetail }) {
  const t = useT();
  const format = useFormat();
  const measures = [
    sample.width > 0 ? `${sample.width} × ${sample.height} px` : "",
    sample.duration_ms > 0 ? `${format.number(sample.duration_ms / 1000, 1)} s` : "",
    format.bytes(sample.size_bytes),
  ];
  return (
    <Facts
      facts={[
        { label: t("samples.size"), value: measures.filter(Boolean).join(" · ") },
        { label: t("samples.added"), value: <LocalTime at={sample.added_at} /> },
        { label: t("samples.import"), value: <CopyText text={sample.import_id} /> },
        { label: t("field.id"), value: <CopyText text={sample.sample_id} /> },
        ...(sample.sha256 ? [{ label: t("field.sha256"), value: <span className="ob-mono ob-small">{sample.sha256}</span> }] : []),
      ]}
    />
  );
}
