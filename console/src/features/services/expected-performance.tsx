import { usePerformance, type MeasuredVersion } from "@/api/queries/performance";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import { estimateFor } from "@/ui/performance/estimate";

interface Props {
  readonly measured: MeasuredVersion;
  readonly units: number;
  readonly instances: number;
}

/** Delay and calls per second of the chosen size, where they were measured. */
export function ExpectedPerformance({ measured, units, instances }: Props) {
  const t = useT();
  const format = useFormat();
  const { data } = usePerformance(measured);
  const estimate = data?.state === "ready" ? estimateFor(data.points, units, instances) : null;
  if (!estimate) return null;
  return (
    <Panel title={t("performance.expected")}>
      <div data-testid="estimate">
        <Facts
          facts={[
            { label: t("performance.latency"), value: <span className="ob-num">{t("performance.about", { value: format.number(estimate.latencyMs, 1), unit: "ms" })}</span> },
            { label: t("performance.qpsAll"), value: <span className="ob-num">{format.number(estimate.qps, 1)}</span> },
          ]}
        />
        <p className="ob-muted ob-small" style={{ margin: "10px 0 0" }}>
          {t(estimate.isExact ? "performance.measuredSize" : "performance.interpolated")}
        </p>
      </div>
    </Panel>
  );
}
