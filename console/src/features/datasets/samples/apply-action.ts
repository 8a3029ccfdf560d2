import type { VersionRef } from "@/api/queries/datasets";
import { appendAnnotation, clearAnnotation, deleteSample, readSample, replaceAnnotation } from "@/api/queries/samples";
import type { Annotation } from "@/api/types";
import { withoutLabel, type ActionKind } from "./bulk";

const EMPTY: Annotation = { labels: [], regions: [], spans: [], tags: [] };

/** The action on one sample. Which annotation it starts from is read here, so that nobody's work is lost. */
export async function applyTo(ref: VersionRef, sampleId: number, kind: ActionKind, label: string): Promise<void> {
  if (kind === "delete_samples") {
    await deleteSample(ref, sampleId);
    return;
  }
  if (kind === "add_label") {
    await appendAnnotation(ref, sampleId, { ...EMPTY, labels: [label] });
    return;
  }
  const sample = await readSample(ref, sampleId);
  const now = sample.annotation ?? EMPTY;
  if (kind === "clear_annotations") {
    await clearAnnotation(ref, sampleId, sample.annotation_revision);
    return;
  }
  const next = kind === "set_label" ? { ...now, labels: [label] } : withoutLabel(now, label);
  if (JSON.stringify(next) !== JSON.stringify(now)) await replaceAnnotation(ref, sampleId, next, sample.annotation_revision);
}
