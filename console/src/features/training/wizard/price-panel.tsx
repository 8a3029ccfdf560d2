import type { ReactNode } from "react";
import type { Machine } from "@/api/types";
import { formatPrice } from "@/format/format";
import { useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import { Money } from "@/ui/values";
import { greatestCost } from "./run-values";

interface Props {
  readonly machine: Machine | undefined;
  readonly nodes: number;
  readonly minutes: number;
  /** What else costs, behind the note of all runs. */
  readonly children?: ReactNode;
}

/** What a run costs at most, while its form is filled. */
export function PricePanel({ machine, nodes, minutes, children }: Props) {
  const t = useT();
  return (
    <Panel title={t("price.title")}>
      <Facts
        facts={[
          { label: t("price.rate"), value: machine ? t("price.perNodeMinute", { price: formatPrice(machine.price) }) : "–" },
          { label: t("runs.form.nodes"), value: <span className="ob-num">{nodes}</span> },
          {
            label: t("price.atMost"),
            value: (
              <strong data-testid="greatest-cost">
                <Money amount={greatestCost(machine, nodes, minutes)} />
              </strong>
            ),
          },
        ]}
      />
      <p className="ob-muted ob-small" style={{ margin: "10px 0 0" }}>
        {t("price.runNote")}
        {children}
      </p>
    </Panel>
  );
}
