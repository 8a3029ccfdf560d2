import type { Price } from "@/api/types";
import { formatPrice, timesPrice } from "@/format/format";
import { useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import { Money } from "@/ui/values";

const HOURS_OF_A_DAY = 24;

interface Props {
  readonly price: Price | undefined;
  readonly units: number;
  readonly instances: number;
}

/** Units × instances × price, while the form is filled. */
export function ServicePrice({ price, units, instances }: Props) {
  const t = useT();
  const perHour = price && units > 0 && instances > 0 ? timesPrice(price.price, units * instances) : null;
  return (
    <Panel title={t("price.title")}>
      <Facts
        facts={[
          { label: t("price.rate"), value: price ? t("price.perUnitHour", { price: formatPrice(price.price) }) : "–" },
          { label: t("price.factor"), value: <span className="ob-num">{`${units} × ${instances}`}</span> },
          {
            label: t("services.perHour"),
            value: (
              <strong data-testid="price-per-hour">
                <Money amount={perHour} />
              </strong>
            ),
          },
          { label: t("services.perDay"), value: <Money amount={perHour === null ? null : timesPrice(perHour, HOURS_OF_A_DAY)} /> },
        ]}
      />
      <p className="ob-muted ob-small" style={{ margin: "10px 0 0" }}>
        {price ? t("price.serviceNote", { hours: price.free_hours }) : ""}
      </p>
    </Panel>
  );
}
