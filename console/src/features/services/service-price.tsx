import { usePrices } from "@/api/queries/metering";
import { formatPrice } from "@/format/format";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import { Money } from "@/ui/values";
import { runningCost } from "./prices";

interface Props {
  readonly units: number | null | undefined;
  readonly instances: number | null | undefined;
}

/** Quota × instances × price, while the form is filled. */
export function ServicePrice({ units, instances }: Props) {
  const t = useT();
  const format = useFormat();
  const prices = usePrices();
  const price = prices.data?.prices.find((entry) => entry.module === "online_service" && entry.machine === "SVC_CPU");
  const cost = runningCost(price, units, instances);
  return (
    <Panel title={t("price.title")}>
      <Facts
        facts={[
          { label: t("price.rate"), value: price ? t("price.perUnitHour", { price: formatPrice(price.price) }) : "–" },
          { label: t("price.factor"), value: <span className="ob-num">{units && instances ? `${units} × ${instances}` : "–"}</span> },
          {
            label: t("services.perHour"),
            value: (
              <strong data-testid="price-per-hour">
                <Money amount={cost?.perHour} />
              </strong>
            ),
          },
          {
            label: t("services.perMonth"),
            value: (
              <span data-testid="price-per-month">
                <Money amount={cost?.perMonth} />
              </span>
            ),
          },
        ]}
      />
      <p className="ob-muted ob-small" style={{ margin: "10px 0 0" }}>
        {price ? t("price.serviceNote", { hours: price.free_hours }) : ""}
        {cost ? ` ${t("price.freeFor", { hours: format.number(cost.freeFor, 1) })}` : ""}
      </p>
    </Panel>
  );
}
