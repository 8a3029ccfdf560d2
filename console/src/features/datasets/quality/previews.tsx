import { Alert, Button } from "antd";
import { useMutation } from "@tanstack/react-query";
import { previewDerivation, type DerivationUse, type Preview } from "@/api/queries/data-jobs";
import type { VersionRef } from "@/api/queries/datasets";
import { useFirstSamples } from "@/api/queries/samples";
import type { DatasetKind, Schemas } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { AnnotatedImage } from "../samples/regions";
import { TextContent } from "../samples/text-content";
import { bodyOf, type Order } from "./operations";

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly use: DerivationUse;
  readonly order: Order;
}

const AT_ONCE = 3;
const EVERYTHING = {};

/** What the chosen operations make of a few samples, drawn anew at each click. */
export function Previews({ refTo, kind, use, order }: Props) {
  const t = useT();
  const first = useFirstSamples(refTo, EVERYTHING);
  const samples = first.data?.items ?? [];
  const preview = useMutation({
    mutationFn: () => {
      const start = Math.floor(Math.random() * Math.max(1, samples.length - AT_ONCE + 1));
      const ids = samples.slice(start, start + AT_ONCE).map((sample) => sample.sample_id);
      return previewDerivation(refTo, use, bodyOf(order), ids);
    },
  });
  return (
    <div className="ob-stack-s">
      <div>
        <Button
          disabled={order.operations.length === 0 || samples.length === 0}
          loading={preview.isPending}
          onClick={() => {
            preview.mutate();
          }}
        >
          {t("derive.preview")}
        </Button>
      </div>
      {preview.error ? <Alert type="error" showIcon title={problemText(preview.error, t)} /> : null}
      {preview.data ? (
        <ul className="ob-previews" aria-label={t("derive.preview")} data-testid="previews">
          {preview.data.map((item) => (
            <Row key={item.sample_id} kind={kind} item={item} />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Row({ kind, item }: { readonly kind: DatasetKind; readonly item: Preview }) {
  const t = useT();
  const maybeT = useMaybeT();
  const { dropped } = item;
  return (
    <li>
      <figure>
        <Side kind={kind} side={item.before} name={item.name} />
        <figcaption>{`${t("derive.before")} · ${item.name}`}</figcaption>
      </figure>
      {dropped ? (
        <figure>
          <div className="ob-dropped">
            <strong>{t("derive.dropped")}</strong>
            <span>{maybeT(`operator.${dropped.operation}`) ?? dropped.operation}</span>
            <span className="ob-muted ob-small">{dropped.message}</span>
          </div>
        </figure>
      ) : (
        item.after.map((side, index) => (
          <figure key={index}>
            <Side kind={kind} side={side} name={item.name} />
            <figcaption>{t("derive.after")}</figcaption>
          </figure>
        ))
      )}
    </li>
  );
}

function Side({ kind, side, name }: { readonly kind: DatasetKind; readonly side: Schemas["PreviewSide"]; readonly name: string }) {
  if (side.image_url) return <AnnotatedImage src={side.image_url} alt={name} width={side.width} height={side.height} annotation={side.annotation} maxHeight="220px" />;
  return (
    <div className="ob-preview-text">
      <TextContent content={kind.content} texts={side.texts} annotation={side.annotation} />
    </div>
  );
}
