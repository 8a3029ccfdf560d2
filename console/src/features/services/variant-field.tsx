import { Form, Select } from "antd";
import { useModelVersion } from "@/api/queries/models";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";

interface Props {
  readonly projectId: number;
  readonly modelId: number;
  readonly version: number;
  readonly initial?: string;
}

/** Which file of the version serves: the evaluated one, or a smaller one with what it was measured to lose. */
export function VariantField({ projectId, modelId, version, initial = "fp32" }: Props) {
  const t = useT();
  const format = useFormat();
  const variants = useModelVersion(projectId, modelId, version).data?.variants ?? [];
  if (variants.length < 2) return null;
  return (
    <Form.Item name="variant" initialValue={variants.some((variant) => variant.precision === initial) ? initial : "fp32"} label={t("services.variant")} extra={t("services.variantHelp")} style={{ margin: "16px 0 0" }}>
      <Select
        options={variants.map((variant) => {
          const facts = [
            variant.quality_loss === null || variant.quality_loss === undefined ? "" : t("services.variantLoss", { loss: format.percent(variant.quality_loss, 2) }),
            typeof variant.latency_ms === "number" ? t("services.variantTime", { ms: format.number(variant.latency_ms, 1) }) : "",
          ];
          return { value: variant.precision, label: [variant.precision, ...facts].filter(Boolean).join(" · ") };
        })}
      />
    </Form.Item>
  );
}
