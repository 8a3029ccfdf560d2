import { useMemo, useState } from "react";
import { useRunSamples } from "@/api/queries/training";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { MarkedPicture, type Mark } from "@/ui/picture/marked-picture";

interface Props {
  readonly projectId: number;
  readonly runId: number;
  readonly pollMs: number | false;
}

type LiveSample = NonNullable<ReturnType<typeof useRunSamples>["data"]>["items"][number];
type Said = LiveSample["true"][number];

/** What the model of the last epoch says of a few evaluated pictures. */
export function LiveSamples({ projectId, runId, pollMs }: Props) {
  const t = useT();
  const query = useRunSamples(projectId, runId, pollMs);
  const samples = query.data?.items ?? [];
  if (samples.length === 0) return null;
  return (
    <Panel title={t("runs.samples", { epoch: query.data?.epoch ?? 0 })}>
      <ul className="ob-thumbs ob-thumbs-large" data-testid="live-samples">
        {samples.map((sample) => (
          <li key={sample.sample_id}>
            <figure className="ob-preview">
              <SamplePicture sample={sample} />
              <figcaption className="ob-small">
                <Line title={t("report.true")} said={sample.true} />
                <Line title={t("report.predicted")} said={sample.predicted} />
              </figcaption>
            </figure>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Line({ title, said }: { readonly title: string; readonly said: readonly Said[] }) {
  const format = useFormat();
  const names = said.map((entry) => {
    const share = entry.score ?? entry.share;
    return typeof share === "number" ? `${entry.label} ${format.percent(share, 0)}` : entry.label;
  });
  return (
    <div style={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }} title={names.join(", ")}>
      <span className="ob-muted">{`${title}: `}</span>
      {names.join(", ") || "–"}
    </div>
  );
}

/** Boxes are in pixels of the picture itself, whose size is known once it is there. */
function SamplePicture({ sample }: { readonly sample: LiveSample }) {
  const [size, setSize] = useState<{ readonly width: number; readonly height: number } | null>(null);
  const marks = useMemo(() => {
    const drawn = (said: readonly Said[], tone: Mark["tone"]): Mark[] => said.flatMap((entry) => (entry.box ? [{ label: entry.label, tone, box: entry.box }] : []));
    return [...drawn(sample.true, "right"), ...drawn(sample.predicted, "label")];
  }, [sample]);
  const source = marks.length > 0 ? sample.image_url : (sample.thumbnail_url ?? sample.image_url);
  if (!source) return null;
  if (size && marks.length > 0) return <MarkedPicture src={source} alt={sample.name} {...size} marks={marks} maxHeight="170px" />;
  return (
    <img
      src={source}
      alt={sample.name}
      loading="lazy"
      decoding="async"
      style={{ display: "block", width: "100%", height: 150, objectFit: "contain" }}
      onLoad={(event) => {
        setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight });
      }}
    />
  );
}
