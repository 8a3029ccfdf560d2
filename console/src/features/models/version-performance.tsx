import { Select } from "antd";
import { useState } from "react";
import type { Variant } from "@/api/serving";
import type { ModelVersionDetail } from "@/api/types";
import { useT } from "@/i18n";
import { PerformancePanel } from "@/ui/performance/performance-panel";

/** What one instance does at each size, of one of the version's files. */
export function VersionPerformance({ projectId, version }: { readonly projectId: number; readonly version: ModelVersionDetail }) {
  const t = useT();
  const [variant, setVariant] = useState<Variant>(version.variants[0]?.precision ?? "fp32");
  const choice = version.variants.length > 1 ? <Select aria-label={t("models.precision")} value={variant} onChange={setVariant} options={version.variants.map(({ precision }) => ({ value: precision, label: precision }))} /> : null;
  return (
    <div className="ob-stack">
      {choice ? <div className="ob-row">{choice}</div> : null}
      <PerformancePanel key={variant} measured={{ projectId, modelId: version.model_id, version: version.version_number, variant }} isPreset={version.source === "preset"} />
    </div>
  );
}
