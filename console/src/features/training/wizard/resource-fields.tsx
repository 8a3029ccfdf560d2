import { Form, Input, InputNumber, Select } from "antd";
import type { Machine, Network, TrainingCatalog, TrainingTask } from "@/api/types";
import { formatPrice } from "@/format/format";
import { useT } from "@/i18n";
import { useMachineName } from "../machine-name";
import { machineBlock } from "./run-values";

const MOST_NODES = 6;

interface MachineProps {
  readonly machines: readonly Machine[];
  readonly network: Network | undefined;
  readonly paid: boolean;
}

function MachineField({ machines, network, paid }: MachineProps) {
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

interface Props extends Omit<MachineProps, "machines"> {
  readonly catalog: TrainingCatalog;
  readonly task: TrainingTask | undefined;
  /** What several nodes do for this task, where it is not the usual. */
  readonly nodesHelp?: string;
}

/** Machine, nodes and the longest time (spec 03 section 2.13). */
export function ResourceFields({ catalog, task, network, paid, nodesHelp }: Props) {
  const t = useT();
  const mostNodes = Math.min(MOST_NODES, task?.max_nodes && task.max_nodes > 0 ? task.max_nodes : MOST_NODES);
  return (
    <>
      <MachineField machines={catalog.machines} network={network} paid={paid} />
      <div className="ob-grid" style={{ rowGap: 0 }}>
        <Form.Item
          name="node_count"
          label={t("runs.form.nodes")}
          extra={nodesHelp ?? (mostNodes < MOST_NODES ? t("runs.form.nodesAtMost", { nodes: mostNodes }) : t("runs.form.nodesHelp"))}
          style={{ gridColumn: "span 6" }}
          rules={[
            { required: true, message: t("form.required") },
            { type: "integer", min: 1, max: mostNodes, message: t("runs.form.nodesRange", { most: mostNodes }) },
          ]}
        >
          <InputNumber min={1} max={MOST_NODES} precision={0} style={{ width: "100%" }} />
        </Form.Item>
        <Form.Item
          name="max_training_minutes"
          label={t("runs.form.maxMinutes")}
          extra={t("runs.form.maxMinutesHelp")}
          style={{ gridColumn: "span 6" }}
          rules={[{ required: true, message: t("form.required") }]}
        >
          <InputNumber min={1} max={catalog.max_training_minutes} precision={0} style={{ width: "100%" }} suffix={t("unit.minutes")} />
        </Form.Item>
      </div>
      <Form.Item name="remark" label={t("runs.form.remark")} style={{ marginBottom: 0 }}>
        <Input maxLength={200} placeholder={t("runs.form.remarkPlaceholder")} />
      </Form.Item>
    </>
  );
}
