import { Form, Input, Tabs, Tag } from "antd";
import type { Machine, Network, NetworkFamily } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useLanguage, useMaybeT, useT } from "@/i18n";
import { bestOf } from "./initial-values";
import { networksOf } from "./run-values";

interface Props {
  readonly networks: readonly Network[];
  readonly families: readonly NetworkFamily[];
  readonly family: string;
  readonly machine: Machine | undefined;
}

/** The networks of the catalogue under their families of pre-trained weights (spec 03 sections 2.6-2.8). */
export function NetworkCards({ networks, families, family, machine }: Props) {
  const t = useT();
  const form = Form.useFormInstance();
  const chinese = useLanguage() === "zh-CN";
  const choose = (name: string): void => {
    form.setFieldValue("family", name);
    const offered = networksOf(networks, name);
    if (!offered.some((network) => network.name === form.getFieldValue("network"))) form.setFieldValue("network", bestOf(offered)?.name);
  };
  const shown = networksOf(networks, family);
  const cards = (
    <>
      <Form.Item name="family" hidden>
        <Input />
      </Form.Item>
      <Form.Item name="network" rules={[{ required: true, message: t("form.required") }]} style={{ marginBottom: 0 }}>
        <Cards networks={shown} family={family} machine={machine} />
      </Form.Item>
    </>
  );
  const tabs = families.filter((entry) => networksOf(networks, entry.name).length > 0);
  if (tabs.length < 2) return cards;
  return (
    <>
      <Tabs
        size="small"
        activeKey={family}
        onChange={choose}
        items={tabs.map((entry) => ({ key: entry.name, label: `${chinese ? entry.label_zh : entry.label_en} (${networksOf(networks, entry.name).length})` }))}
      />
      {cards}
    </>
  );
}

interface CardsProps {
  readonly networks: readonly Network[];
  readonly family: string;
  readonly machine: Machine | undefined;
  readonly value?: string;
  readonly onChange?: (name: string) => void;
}

function Cards({ networks, family, machine, value, onChange }: CardsProps) {
  const t = useT();
  return (
    <fieldset className="ob-cards" data-testid="networks">
      <legend className="ob-visually-hidden">{t("runs.network")}</legend>
      {networks.map((network) => {
        const isExcluded = machine !== undefined && (network.excluded_machines?.includes(machine.code) ?? false);
        return (
          <label key={network.name} className="ob-card" data-chosen={network.name === value} data-disabled={isExcluded}>
            <input
              type="radio"
              name="network"
              value={network.name}
              checked={network.name === value}
              disabled={isExcluded}
              onChange={() => {
                onChange?.(network.name);
              }}
            />
            <NetworkFacts network={network} family={family} />
            {isExcluded ? <span className="ob-fault ob-small">{t("runs.form.networkNotOnMachine", { machine: machine.code.replace("_", " ") })}</span> : null}
          </label>
        );
      })}
    </fieldset>
  );
}

function NetworkFacts({ network, family }: { readonly network: Network; readonly family: string }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const chinese = useLanguage() === "zh-CN";
  const weights = network.weights.filter((row) => row.family === family);
  const licences = [...new Set(weights.map((row) => row.licence))];
  const published = network.published;
  const figure = published
    ? t("runs.form.published", { metric: maybeT(`published.${published.metric}`) ?? published.metric, value: format.percent(published.value), data: published.data })
    : null;
  return (
    <>
      <span className="ob-card-name">
        {network.name}
        {network.recommended ? <Tag color="blue">{t("runs.form.recommended")}</Tag> : null}
      </span>
      <span className="ob-small">{chinese ? network.recommended_for_zh : network.recommended_for_en}</span>
      <span className="ob-card-facts ob-small ob-muted">
        {figure ? <span>{figure}</span> : null}
        {network.cpu_ms ? <span>{t("runs.form.cpuMs", { ms: network.cpu_ms })}</span> : null}
        <span>{licences.length > 0 ? t("runs.form.weightsLicence", { licence: licences.join(", ") }) : t("runs.form.noWeights")}</span>
        {network.replaces && network.replaces.length > 0 ? <span>{t("runs.form.replaces", { names: network.replaces.join(", ") })}</span> : null}
      </span>
    </>
  );
}
