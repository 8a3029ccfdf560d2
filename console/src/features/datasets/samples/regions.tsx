import { useMemo } from "react";
import type { Annotation } from "@/api/types";
import { annotationMarks } from "@/ui/picture/annotation-marks";
import { MarkedPicture } from "@/ui/picture/marked-picture";

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
  const marks = useMemo(() => annotationMarks(annotation), [annotation]);
  return <MarkedPicture {...picture} marks={marks} />;
}
