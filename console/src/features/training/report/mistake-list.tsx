import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Facts, type Fact } from "@/ui/page";
import type { ReportObject, WrongExample } from "./report";

/** The mistakes of one example in words. */
export function MistakeList({ example }: { readonly example: WrongExample }) {
  const t = useT();
  const format = useFormat();
  const named = (object: ReportObject): string => {
    const score = typeof object.score === "number" ? ` ${format.percent(object.score, 0)}` : "";
    const other = object.true_label ?? object.found_label;
    return `${object.label}${score}${other ? ` (${t(object.true_label ? "report.reallyIs" : "report.takenFor", { label: other })})` : ""}`;
  };
  const listed = (label: string, objects: readonly ReportObject[] | undefined): Fact[] =>
    objects && objects.length > 0 ? [{ label, value: objects.map(named).join(", ") }] : [];
  const texts = (label: string, value: WrongExample["true"]): Fact[] => (Array.isArray(value) ? [{ label, value: value.join(", ") || "–" }] : []);
  return (
    <Facts
      facts={[
        ...texts(t("report.trueLabels"), example.true),
        ...texts(t("report.predictedLabels"), example.predicted),
        ...listed(t("report.falsePositives"), example.false_positives),
        ...listed(t("report.missed"), example.missed),
        ...(example.per_label ?? []).map((part) => ({
          label: part.label,
          value: t("report.pixels", { missed: part.missed_pixels, wrong: part.false_pixels }),
        })),
      ]}
    />
  );
}
