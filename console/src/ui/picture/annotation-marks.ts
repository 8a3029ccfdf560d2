import type { Schemas } from "@/api/types";
import type { Mark } from "./marked-picture";

/** As far as it is drawn; the client gives points as plain lists of numbers. */
interface Annotated {
  readonly regions: readonly (Omit<Schemas["Annotation"]["regions"][number], "polygons"> & { readonly polygons: readonly (readonly (readonly number[])[])[] })[];
}

/** The regions of an annotation, each in its label's colour. */
export function annotationMarks(annotation: Annotated | null | undefined): Mark[] {
  return (annotation?.regions ?? []).map((region) => ({
    label: region.label,
    text: region.text ?? null,
    tone: "label",
    box: region.box ? [region.box.x1, region.box.y1, region.box.x2, region.box.y2] : null,
    polygons: region.polygons,
    mask: region.mask ?? null,
  }));
}
