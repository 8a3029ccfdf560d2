import { Alert, Segmented } from "antd";
import { useState, type ReactNode } from "react";
import type { AskedModel } from "@/api/prediction";
import type { ModelTable } from "@/api/tabular";
import { useT } from "@/i18n";
import { TabularMessages } from "@/i18n/tabular-messages";
import { ManyRows } from "./many-rows";
import { OneRow } from "./one-row";

const MODES = ["one", "many"] as const;
type Mode = (typeof MODES)[number];

interface Props {
  /** What the version takes and answers; null of one that does not tell it. */
  readonly table: ModelTable | null;
  /** From which on a row counts as the positive class. */
  readonly threshold: number | null;
  readonly model: AskedModel;
  /** In whose name is asked, where that can be chosen. */
  readonly caller?: ReactNode;
}

/** Asks a model of a table what it would say of rows that a person makes up. */
export function WhatIf(props: Props) {
  return (
    <TabularMessages>
      <WhatIfForm {...props} />
    </TabularMessages>
  );
}

function WhatIfForm({ table, threshold, model, caller }: Props) {
  const t = useT();
  const [mode, setMode] = useState<Mode>("one");
  if (!table) return <Alert type="warning" showIcon title={t("tabular.whatIf.noColumns")} />;
  return (
    <div className="ob-stack" data-testid="what-if">
      <div className="ob-between" style={{ alignItems: "end" }}>
        <Segmented<Mode> value={mode} onChange={setMode} aria-label={t("services.whatIf")} options={MODES.map((value) => ({ value, label: t(`tabular.whatIf.${value}`) }))} />
        {caller ? <div style={{ width: 260 }}>{caller}</div> : null}
      </div>
      {mode === "one" ? <OneRow table={table} threshold={threshold} model={model} /> : <ManyRows table={table} model={model} />}
    </div>
  );
}
