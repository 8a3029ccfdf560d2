import { AimOutlined } from "@ant-design/icons";
import { Alert, Tag } from "antd";
import type { TargetAnalysis } from "@/api/tabular";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { useSaid } from "@/i18n/said";

interface Props {
  readonly name: string | undefined;
  readonly target: TargetAnalysis | null;
  readonly isFetching: boolean;
  readonly rows: number;
}

const LISTED = 8;

/** What the chosen column asks for, and why: kind of prediction, classes, and what prevents training. */
export function TargetCard({ name, target, isFetching, rows }: Props) {
  const t = useT();
  const said = useSaid();
  if (!name) return <Alert type="info" showIcon icon={<AimOutlined />} title={t("tabular.target.none")} />;
  if (!target) return <Alert type="info" showIcon title={isFetching ? t("tabular.target.reading", { column: name }) : t("tabular.target.unknown", { column: name })} />;
  return (
    <div className="ob-target" data-testid="target" aria-live="polite">
      <div className="ob-row">
        <strong style={{ overflowWrap: "anywhere" }}>{t("tabular.target.title", { column: name })}</strong>
        {target.algorithm_type !== "automatic" ? <Tag color="blue">{t(`tabular.type.${target.algorithm_type}`)}</Tag> : null}
      </div>
      <span>{said(target.reason_en, target.reason_zh)}</span>
      {target.problems.map((problem) => (
        <Alert key={problem.code} type={problem.refuses ? "error" : "warning"} showIcon role="alert" title={said(problem.message_en, problem.message_zh)} />
      ))}
      {target.classes.length > 0 ? <Classes classes={target.classes} rows={rows} /> : null}
    </div>
  );
}

function Classes({ classes, rows }: { readonly classes: TargetAnalysis["classes"]; readonly rows: number }) {
  const t = useT();
  const format = useFormat();
  const most = Math.max(1, ...classes.map((entry) => entry.count));
  return (
    <div className="ob-bars" style={{ maxWidth: 560 }}>
      {classes.slice(0, LISTED).map(({ label, count }) => (
        <div key={label} className="ob-bar" style={{ gridTemplateColumns: "minmax(80px, 30%) 1fr 130px" }}>
          <span className="ob-cell" title={label}>
            {label === "" ? "∅" : label}
          </span>
          <div aria-hidden>
            <i style={{ width: `${(count / most) * 100}%` }} />
          </div>
          <span>{`${format.number(count)} · ${format.percent(rows > 0 ? count / rows : 0)}`}</span>
        </div>
      ))}
      {classes.length > LISTED ? <span className="ob-small ob-muted">{t("tabular.target.more", { count: classes.length - LISTED })}</span> : null}
    </div>
  );
}
