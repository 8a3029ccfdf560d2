import { describe, expect, it } from "vitest";
import { clearFilter, isFiltered, readFilter, writeFilter } from "./filters";

describe("the filter in the address", () => {
  it("is read with sizes in KB and whole local days", () => {
    const filter = readFilter(new URLSearchParams("label=cat&state=labelled&source=human&q=img_&minKb=2&maxKb=40&from=2026-03-01&to=2026-03-02"));
    expect(filter).toMatchObject({ label: "cat", annotation_state: "labelled", annotation_source: "human", name: "img_", min_size_bytes: 2048, max_size_bytes: 40_960 });
    expect(new Date(filter.added_before ?? "").getTime() - new Date(filter.added_after ?? "").getTime()).toBe(2 * 86_400_000 - 1);
  });

  it("drops what is not understood and what unlabelled samples cannot have", () => {
    expect(isFiltered(readFilter(new URLSearchParams("state=odd&source=x&minKb=-1&from=soon")))).toBe(false);
    expect(readFilter(new URLSearchParams("state=unlabelled&label=cat&source=human"))).toMatchObject({ annotation_state: "unlabelled", label: null, annotation_source: null });
  });

  it("is written beside what else stands there", () => {
    const params = new URLSearchParams("tab=samples&version=2&label=cat&sample=9");
    expect(writeFilter(params, { label: "dog & co", state: null }).toString()).toBe("tab=samples&version=2&label=dog+%26+co");
    expect(clearFilter(new URLSearchParams("tab=samples&q=a&minKb=1")).toString()).toBe("tab=samples");
  });
});
