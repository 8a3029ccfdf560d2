import { useT } from "@/i18n";

interface Sized {
  readonly compute_units: number | null;
  readonly instances: number | null;
}

export function useSizeText(): (sized: Sized) => string {
  const t = useT();
  return ({ compute_units, instances }) => (compute_units === null || instances === null ? t("services.noSize") : t("services.sizeValue", { units: compute_units, instances }));
}
