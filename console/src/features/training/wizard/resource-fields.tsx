import { Form, Select, Tag } from "antd";
import type { Machine, Network } from "@/api/types";
import { formatPrice } from "@/format/format";
import { useFormat } from "@/format/use-format";
import { useLanguage, useT } from "@/i18n";
import { useMachineName } from "./machine-name";
import { machineBlock } from "./run-values";

export function NetworkField({ networks, chosen }: { readonly networks: readonly Network[]; readonly chosen: Network | undefined }) {
  const t = useT();
  const format = useFormat();
  const chinese = useLanguage() === "zh-CN";
  return (
    <>
      <Form.Item
        name="network"
        label={t("runs.network")}
        extra={chosen ? (chinese ? chosen.recommended_for_zh : chosen.recommended_for_en) : null}
        rules={[{ required: true, message: t("form.required") }]}
      >
        <Select
          options={networks.map((network) => ({
            value: network.name,
            label: (
              <span className="ob-row">
                {network.name}
                {network.recommended ? <Tag color="blue">{t("runs.form.recommended")}</Tag> : null}
                {network.published ? (
                  <span className="ob-muted ob-small">{t("runs.form.top1", { value: format.percent(network.published.value) })}</span>
                ) : null}
              </span>
            ),
          }))}
        />
      </Form.Item>
    </>
  );
}

interface MachineProps {
  readonly machines: readonly Machine[];
  readonly network: Network | undefined;
  readonly paid: boolean;
}

export function MachineField({ machines, network, paid }: MachineProps) {
  const t = useT();
  const machineName = useMachineName();
  const notes = { network: t("runs.form.machineNotForNetwork"), paid: t("runs.form.machineNeedsPaid") } as const;
  return (
    <Form.Item name="machine_type" label={t("runs.form.machine")} rules={[{ required: true, message: t("form.required") }]}>
      <Select
        options={machines.map((machine) => {
          const block = machineBlock(machine, network, paid);
          return {
            value: machine.code,
            disabled: block !== null,
            label: (
              <span className="ob-between">
                <span>
                  {machineName(machine)}
                  {block ? <span className="ob-small">{` · ${notes[block]}`}</span> : null}
                </span>
                <span className="ob-num">{t("price.perNodeMinute", { price: formatPrice(machine.price) })}</span>
              </span>
            ),
          };
        })}
      />
    </Form.Item>
  );
}
