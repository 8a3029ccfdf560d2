import { Form, InputNumber, Select } from "antd";
import { usePrices } from "@/api/queries/metering";
import { useMe } from "@/api/queries/identity";
import { formatPrice, timesPrice } from "@/format/format";
import { useMaybeT, useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import { Money } from "@/ui/values";
import type { BatchValues } from "./batch-request";

const MINUTES_OF_HOUR = 60;
const MOST_NODES = 6;

/** Machine × nodes × minutes, charged when it ends (spec 03 section 9.6). */
export function MachineFields({ values }: { readonly values: Partial<BatchValues> | undefined }) {
  const t = useT();
  const maybeT = useMaybeT();
  const isPaying = useMe().data?.paid_billing === true;
  const prices = (usePrices().data?.prices ?? []).filter((price) => price.module === "batch");
  const price = prices.find((known) => known.machine === values?.machine_type);
  const perMinute = price && values?.nodes ? timesPrice(price.price, values.nodes) : null;
  return (
    <Panel title={t("batch.machine")}>
      <Form.Item name="machine_type" label={t("usage.machine")} rules={[{ required: true, message: t("form.required") }]}>
        <Select
          options={prices.map((known) => ({
            value: known.machine,
            disabled: known.needs_paid_billing && !isPaying,
            label: `${maybeT(`batch.machine.${known.machine}`) ?? known.machine} · ${t("batch.perNodeMinute", { price: formatPrice(known.price) })}`,
          }))}
        />
      </Form.Item>
      <Form.Item name="nodes" label={t("batch.nodes")} rules={[{ required: true, message: t("form.required") }]}>
        <InputNumber min={1} max={MOST_NODES} precision={0} style={{ width: "100%" }} />
      </Form.Item>
      <Facts
        facts={[
          { label: t("batch.perMinute"), value: <span data-testid="batch-price">{perMinute === null ? "–" : formatPrice(perMinute)}</span> },
          { label: t("services.perHour"), value: <Money amount={perMinute === null ? null : timesPrice(perMinute, MINUTES_OF_HOUR)} /> },
        ]}
      />
      <p className="ob-muted ob-small" style={{ margin: "10px 0 0" }}>
        {price ? t("batch.priceNote", { hours: price.free_hours }) : ""}
      </p>
    </Panel>
  );
}
