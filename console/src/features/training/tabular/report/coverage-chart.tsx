import { useMemo } from "react";
import { useT } from "@/i18n";
import { DiagonalChart } from "./diagonal-chart";
import type { TabularReport } from "./tabular-report";

/** Which share of the rows lies below each predicted quantile; a good one has its own. */
export function CoverageChart({ coverage, name }: { readonly coverage: NonNullable<TabularReport["quantile_coverage"]>; readonly name: string }) {
  const t = useT();
  const points = useMemo(() => coverage.map((row) => [row.quantile, row.coverage] as const), [coverage]);
  return (
    <DiagonalChart
      title={t("tabular.coverage")}
      name={name}
      height={260}
      across={t("tabular.quantile")}
      up={t("tabular.below")}
      points={points}
      symbolSize={8}
      table={{ columns: [t("tabular.quantile"), t("tabular.below"), t("metric.pinball")], rows: coverage.map((row) => [row.quantile, row.coverage, row.pinball]) }}
    />
  );
}
