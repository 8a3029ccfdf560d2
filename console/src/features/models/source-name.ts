import type { ModelSource } from "@/api/serving";
import { useT } from "@/i18n";

export function useSourceName(): (source: ModelSource) => string {
  const t = useT();
  return (source) => t(`models.source.${source}`);
}
