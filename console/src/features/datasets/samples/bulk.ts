import type { Annotation, DatasetKind, Schemas } from "@/api/types";

export type ActionKind = Extract<Schemas["ActionKind"], "add_label" | "set_label" | "remove_label" | "clear_annotations" | "delete_samples">;

/** What can be done to many samples of a kind at once. */
export function bulkActions(kind: DatasetKind, mayManage: boolean): ActionKind[] {
  const deletion: ActionKind[] = mayManage ? ["delete_samples"] : [];
  if (!kind.online_annotation) return deletion;
  const classes: ActionKind[] = kind.several ? ["add_label", "set_label"] : ["set_label"];
  const whole = kind.annotation_form === "classes" || kind.annotation_form === "similarity";
  const removal: ActionKind[] = kind.annotation_form === "text_regions" ? [] : ["remove_label"];
  return [...(whole ? classes : []), ...removal, "clear_annotations", ...deletion];
}

export const needsLabel = (kind: ActionKind): boolean => kind === "add_label" || kind === "set_label" || kind === "remove_label";

export function withoutLabel(annotation: Annotation, label: string): Annotation {
  return {
    ...annotation,
    labels: annotation.labels.filter((name) => name !== label),
    regions: annotation.regions.filter((region) => region.label !== label),
    spans: annotation.spans.filter((span) => span.label !== label),
  };
}

export interface BulkOutcome {
  readonly done: number;
  readonly failures: readonly unknown[];
}

const AT_ONCE = 4;

/** One call after the other for each sample, a few at once; a failure does not stop the rest. */
export async function forEachSample(
  ids: readonly number[],
  action: (id: number) => Promise<void>,
  onProgress: (outcome: BulkOutcome) => void,
  signal: AbortSignal,
): Promise<BulkOutcome> {
  const open = [...ids];
  const failures: unknown[] = [];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let id = open.shift(); id !== undefined && !signal.aborted; id = open.shift()) {
      try {
        await action(id);
        done += 1;
      } catch (error) {
        failures.push(error);
      }
      onProgress({ done, failures });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done, failures };
}
