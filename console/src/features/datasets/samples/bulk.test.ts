import { describe, expect, it } from "vitest";
import type { DatasetKind } from "@/api/types";
import { bulkActions, forEachSample, withoutLabel } from "./bulk";

const kind = (change: Partial<DatasetKind>) => ({ annotation_form: "classes", several: false, online_annotation: true, ...change }) as DatasetKind;

describe("actions on many samples", () => {
  it("are those that the kind knows", () => {
    expect(bulkActions(kind({}), false)).toEqual(["set_label", "remove_label", "clear_annotations"]);
    expect(bulkActions(kind({ several: true }), true)).toEqual(["add_label", "set_label", "remove_label", "clear_annotations", "delete_samples"]);
    expect(bulkActions(kind({ annotation_form: "boxes" }), false)).toEqual(["remove_label", "clear_annotations"]);
    expect(bulkActions(kind({ annotation_form: "tags", online_annotation: false }), true)).toEqual(["delete_samples"]);
  });

  it("take a label with all that carries it", () => {
    const region = (label: string) => ({ label, polygons: [] });
    const left = withoutLabel({ labels: ["a", "b"], regions: [region("a"), region("b")], spans: [{ label: "a", start: 0, end: 1, text: "x" }], tags: [] }, "a");
    expect(left).toEqual({ labels: ["b"], regions: [region("b")], spans: [], tags: [] });
  });

  it("go on after a failure and tell how many were done", async () => {
    const seen: number[] = [];
    const act = (id: number): Promise<void> => (id === 3 ? Promise.reject(new Error("conflict")) : Promise.resolve());
    const outcome = await forEachSample([1, 2, 3, 4, 5, 6], act, ({ done }) => seen.push(done), new AbortController().signal);
    expect(outcome.done).toBe(5);
    expect(outcome.failures).toHaveLength(1);
    expect(seen).toHaveLength(6);
  });
});
