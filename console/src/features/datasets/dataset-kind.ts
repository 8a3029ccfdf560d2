import { useDatasetKinds } from "@/api/queries/datasets";
import type { DatasetKind } from "@/api/types";
import { useMaybeT } from "@/i18n";

interface Typed {
  readonly data_type: string;
  readonly annotation_type: string;
  readonly template: string;
}

export function kindOf(kinds: readonly DatasetKind[], dataset: Typed): DatasetKind | undefined {
  return kinds.find(
    (kind) =>
      kind.data_type === dataset.data_type &&
      kind.annotation_type === dataset.annotation_type &&
      kind.template === dataset.template,
  );
}

/** The kind of a dataset, and how people call it. */
export function useKind(dataset: Typed): { readonly kind: DatasetKind | undefined; readonly name: string } {
  const maybeT = useMaybeT();
  const kind = kindOf(useDatasetKinds().data?.items ?? [], dataset);
  return { kind, name: (kind && maybeT(`kind.${kind.code}`)) ?? dataset.annotation_type };
}
