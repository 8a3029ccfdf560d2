import { Alert, Segmented, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { useRoleComparison } from "@/api/queries/service-calls";
import type { RoleComparison, RoleFigures } from "@/api/serving";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";

const HOURS = [1, 24, 168] as const;
const HOUR_MS = 3_600_000;

const SHOWN_P = 0.001;

interface Props {
  readonly projectId: number;
  readonly serviceId: number;
}

/** What callers got from each version, and whether it can be told from chance. */
export function ComparisonPanel({ projectId, serviceId }: Props) {
  const t = useT();
  const [hours, setHours] = useState<(typeof HOURS)[number]>(24);
  const [openedAt] = useState(() => Date.now());
  const from = new Date(openedAt - hours * HOUR_MS).toISOString();
  const query = useRoleComparison(projectId, serviceId, from);
  return (
    <Panel
      title={t("services.comparison")}
      extra={<Segmented aria-label={t("services.period")} value={hours} onChange={setHours} options={HOURS.map((value) => ({ value, label: t("services.hours", { count: value }) }))} />}
    >
      <QueryView query={query}>{(comparison) => <Figures comparison={comparison} />}</QueryView>
    </Panel>
  );
}

function Figures({ comparison }: { readonly comparison: RoleComparison }) {
  const t = useT();
  const format = useFormat();
  const { tests, roles, verdict } = comparison;
  const share = (part: number | null): string => (part === null ? "–" : format.percent(part, 2));
  const ms = (value: number | null): string => (value === null ? "–" : t("calls.ms", { ms: format.number(value, 1) }));
  const columns: TableColumnsType<RoleFigures> = [
    { title: t("field.version"), render: (_, row) => `${row.model_versions.map((version) => `V${version}`).join(", ")} · ${t(`services.role.${row.role}`)}` },
    { title: t("services.calls"), align: "right", render: (_, row) => <span className="ob-num">{format.number(row.calls)}</span> },
    { title: t("services.errorShare"), align: "right", render: (_, row) => <span className="ob-num">{share(row.error_rate)}</span> },
    { title: t("services.p50"), align: "right", render: (_, row) => <span className="ob-num">{ms(row.p50_ms)}</span> },
    { title: t("services.p95"), align: "right", render: (_, row) => <span className="ob-num">{ms(row.p95_ms)}</span> },
    { title: t("services.feedbackAccuracy"), align: "right", render: (_, row) => <span className="ob-num">{t("services.ofMarked", { share: share(row.accuracy), count: row.feedback })}</span> },
  ];
  const told = tests.flatMap(({ measure, adjusted_p_value: p, significant }) =>
    p === null ? [] : [t(significant ? "services.significant" : "services.chance", { what: t(`services.compared.${measure}`), p: p < SHOWN_P ? `< ${SHOWN_P}` : format.number(p, 3) })],
  );
  return (
    <div className="ob-stack-s" data-testid="role-comparison">
      <Alert type={verdict === "too_little_data" ? "warning" : "info"} showIcon title={t(`services.verdict.${verdict}`)} description={told.length > 0 ? <ul className="ob-remarks">{told.map((line) => <li key={line}>{line}</li>)}</ul> : undefined} />
      <Table size="small" rowKey="role" columns={columns} dataSource={[...roles]} pagination={false} scroll={{ x: "max-content" }} />
    </div>
  );
}
