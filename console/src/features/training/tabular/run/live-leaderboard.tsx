import { Table, type TableColumnsType } from "antd";
import type { LeaderboardEntry } from "@/api/tabular";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { WeightBar } from "../weight-bar";

/** The best models so far; refreshed while the run goes on. */
export function LiveLeaderboard({ entries }: { readonly entries: readonly LeaderboardEntry[] }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const columns: TableColumnsType<LeaderboardEntry> = [
    { title: "#", width: 44, align: "right", render: (_, __, index) => <span className="ob-num ob-muted">{index + 1}</span> },
    {
      title: t("tabular.model"),
      render: (_, entry) => (
        <div className="ob-cell" title={entry.name}>
          {entry.name}
        </div>
      ),
    },
    { title: t("tabular.score"), width: 110, align: "right", render: (_, entry) => <span className="ob-num">{typeof entry.score === "number" ? format.compact(entry.score) : "–"}</span> },
    { title: t("tabular.weight"), width: 130, render: (_, entry) => <WeightBar weight={entry.weight} /> },
    { title: t("tabular.fitTime"), width: 110, align: "right", render: (_, entry) => <span className="ob-num">{typeof entry.fit_s === "number" ? format.duration(entry.fit_s) : "–"}</span> },
    { title: t("field.state"), width: 110, render: (_, entry) => maybeT(`tabular.state.${entry.state}`) ?? entry.state },
  ];
  return (
    <div className="ob-wide" data-testid="leaderboard" tabIndex={0} role="region" aria-label={t("tabular.leaderboard")}>
      <Table size="small" rowKey="name" columns={columns} dataSource={[...entries]} pagination={false} />
    </div>
  );
}
