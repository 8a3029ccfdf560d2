import { useMemo } from "react";
import type { Annotation } from "@/api/types";
import { MarkedPicture, type Mark } from "@/ui/picture/marked-picture";

interface Props {
  readonly src: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly annotation: Annotation | null | undefined;
  readonly maxHeight: string;
}

/** An image with its regions drawn over it. */
export function AnnotatedImage({ annotation, ...picture }: Props) {
  const marks = useMemo(() => (annotation?.regions ?? []).map(markOf), [annotation]);
  return <MarkedPicture {...picture} marks={marks} />;
}

function markOf(region: Annotation["regions"][number]): Mark {
  const box = region.box ? [region.box.x1, region.box.y1, region.box.x2, region.box.y2] : null;
  return { label: region.label, text: region.text ?? null, tone: "label", box, polygons: region.polygons, mask: region.mask ?? null };
}
