import { Table, Tooltip, type TableColumnsType } from "antd";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { WeightBar } from "../weight-bar";
import { ranked, type RankedModel, type TabularReport } from "./tabular-report";

const PAGE = 10;

/** All models that were trained: what they can do, what they cost in time and size, and their part in the answer. */
export function ReportLeaderboard({ models, problem }: { readonly models: readonly RankedModel[]; readonly problem: TabularReport["problem"] }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  if (models.length === 0) return null;
  const number = (value: number | null | undefined, show: (value: number) => string) => <span className="ob-num">{typeof value === "number" ? show(value) : "–"}</span>;
  const columns: TableColumnsType<RankedModel> = [
    { title: "#", width: 44, align: "right", render: (_, __, index) => <span className="ob-num ob-muted">{index + 1}</span> },
    { title: t("tabular.model"), render: (_, model) => <ModelName model={model} /> },
    { title: t("tabular.scoreOf", { metric: maybeT(`metric.${problem.metric}`) ?? problem.metric }), align: "right", width: 150, sorter: (left, right) => (left.score ?? -Infinity) - (right.score ?? -Infinity), render: (_, model) => number(model.score, format.compact) },
    { title: t("tabular.weight"), width: 120, render: (_, model) => <WeightBar weight={model.weight} /> },
    { title: t("tabular.fitTime"), align: "right", width: 110, sorter: (left, right) => (left.fit_s ?? 0) - (right.fit_s ?? 0), render: (_, model) => number(model.fit_s, format.duration) },
    { title: t("tabular.latency"), align: "right", width: 110, sorter: (left, right) => (left.predict_ms ?? 0) - (right.predict_ms ?? 0), render: (_, model) => number(model.predict_ms, (value) => t("tabular.ms", { ms: format.compact(value) })) },
    { title: t("models.size"), align: "right", width: 90, sorter: (left, right) => (left.size_bytes ?? 0) - (right.size_bytes ?? 0), render: (_, model) => number(model.size_bytes, format.bytes) },
    { title: t("field.state"), width: 110, render: (_, model) => <ModelState model={model} /> },
  ];
  return (
    <Panel title={t("tabular.leaderboard")}>
      <div className="ob-wide" data-testid="report-leaderboard" tabIndex={0} role="region" aria-label={t("tabular.leaderboard")}>
        <Table size="small" rowKey="name" style={{ minWidth: 860 }} columns={columns} dataSource={ranked(models)} showSorterTooltip={false} pagination={{ pageSize: PAGE, hideOnSinglePage: true, showSizeChanger: false }} />
      </div>
      <p className="ob-small ob-muted" style={{ margin: "8px 0 0" }}>
        {t("tabular.scoreNote")}
      </p>
    </Panel>
  );
}

function ModelName({ model }: { readonly model: RankedModel }) {
  const parameters = Object.entries(model.parameters ?? {}).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return (
    <div className="ob-model-name">
      <div title={model.name}>{model.name}</div>
      {parameters.length > 0 ? (
        <span className="ob-small ob-muted" title={parameters.join(", ")}>
          {parameters.join(", ")}
        </span>
      ) : null}
    </div>
  );
}

function ModelState({ model }: { readonly model: RankedModel }) {
  const maybeT = useMaybeT();
  const name = maybeT(`tabular.state.${model.state}`) ?? model.state;
  if (!model.reason) return <>{name}</>;
  return (
    <Tooltip title={model.reason}>
      <span className="ob-explained" tabIndex={0}>
        {name}
      </span>
    </Tooltip>
  );
}
