import { Alert, Segmented } from "antd";
import { useState } from "react";
import { useModelVersion } from "@/api/queries/models";
import type { ModelTable } from "@/api/tabular";
import type { Application, Service } from "@/api/types";
import { useT } from "@/i18n";
import { TabularMessages } from "@/i18n/tabular-messages";
import { QueryView } from "@/ui/query-view";
import { ApplicationSelect } from "../application-select";
import { Predictor } from "../prediction";
import { ManyRows } from "./many-rows";
import { OneRow } from "./one-row";

const MODES = ["one", "many"] as const;
type Mode = (typeof MODES)[number];

const predictor = new Predictor(window.location.origin, (url, init) => fetch(url, init), () => performance.now());

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly applications: readonly Application[];
}

/** Asks a deployed model of a table what it would say of rows that a person makes up. */
export function WhatIf({ projectId, service, applications }: Props) {
  const version = useModelVersion(projectId, service.model_id, service.model_version);
  return (
    <TabularMessages>
      <QueryView query={version}>{(data) => <WhatIfForm service={service} applications={applications} table={data.table ?? null} threshold={data.recommended_threshold} />}</QueryView>
    </TabularMessages>
  );
}

interface FormProps {
  readonly service: Service;
  readonly applications: readonly Application[];
  readonly table: ModelTable | null;
  readonly threshold: number | null;
}

function WhatIfForm({ service, applications, table, threshold }: FormProps) {
  const t = useT();
  const [mode, setMode] = useState<Mode>("one");
  const [appId, setAppId] = useState(applications[0]?.app_id);
  const application = applications.find((candidate) => candidate.app_id === appId) ?? applications[0];
  if (!table || !application) return <Alert type="warning" showIcon title={t("tabular.whatIf.noColumns")} />;
  const target = { predictor, url: service.url, keys: { apiKey: application.api_key, secretKey: application.secret_key }, appId: application.app_id };
  return (
    <div className="ob-stack" data-testid="what-if">
      <div className="ob-between" style={{ alignItems: "end" }}>
        <Segmented<Mode> value={mode} onChange={setMode} aria-label={t("services.whatIf")} options={MODES.map((value) => ({ value, label: t(`tabular.whatIf.${value}`) }))} />
        <div style={{ width: 260 }}>
          <ApplicationSelect applications={applications} value={application.app_id} onChange={setAppId} />
        </div>
      </div>
      {mode === "one" ? <OneRow table={table} threshold={threshold} target={target} /> : <ManyRows table={table} target={target} />}
    </div>
  );
}
