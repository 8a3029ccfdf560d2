import { Table, type TableColumnsType } from "antd";
import type { Trial } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { StateTag } from "@/ui/state-tag";
import { Duration } from "@/ui/values";
import { parameterNames } from "./trials";

interface Props {
  readonly trials: readonly Trial[];
  readonly best: number | null;
  readonly quality: string;
  readonly nameOf: (parameter: string) => string;
}

const PAGE = 25;

const secondsOf = (trial: Trial): number | null =>
  trial.started_at && trial.finished_at ? (Date.parse(trial.finished_at) - Date.parse(trial.started_at)) / 1000 : null;

/** All trials, the newest first; by quality at a click. */
export function TrialsTable({ trials, best, quality, nameOf }: Props) {
  const t = useT();
  const format = useFormat();
  const hasGenerations = trials.some((trial) => trial.generation !== null);
  const show = (value: Trial["parameters"][string] | undefined): string => {
    if (value === undefined) return "–";
    if (typeof value === "boolean") return t(value ? "search.on" : "search.off");
    return Number(value.toPrecision(4)).toString();
  };
  const columns: TableColumnsType<Trial> = [
    {
      title: t("search.trial"),
      dataIndex: "number",
      sorter: (left, right) => left.number - right.number,
      defaultSortOrder: "descend",
      render: (number: number) => (
        <span className="ob-num">
          {number}
          {number === best ? ` ★ ${t("search.best")}` : ""}
        </span>
      ),
    },
    {
      title: t("field.state"),
      render: (_, trial) => (
        <>
          <StateTag kind="trial" state={trial.state} />
          {trial.failure ? <div className="ob-small ob-fault">{trial.failure.message}</div> : null}
        </>
      ),
    },
    {
      title: quality,
      align: "right",
      sorter: (left, right) => (left.quality ?? -1) - (right.quality ?? -1),
      render: (_, trial) => <span className="ob-num">{trial.quality === null ? "–" : format.percent(trial.quality)}</span>,
    },
    ...parameterNames(trials).map((name): TableColumnsType<Trial>[number] => ({ title: nameOf(name), align: "right", render: (_, trial) => <span className="ob-num">{show(trial.parameters[name])}</span> })),
    { title: t("search.epochs"), align: "right", dataIndex: "epochs_done" },
    ...(hasGenerations
      ? [
          { title: t("search.generation"), align: "right" as const, render: (_: unknown, trial: Trial) => trial.generation ?? "–" },
          { title: t("search.parent"), align: "right" as const, render: (_: unknown, trial: Trial) => trial.parent ?? "–" },
        ]
      : []),
    { title: t("runs.trainingTime"), align: "right", render: (_, trial) => <Duration seconds={secondsOf(trial)} /> },
  ];
  return (
    <div data-testid="trials">
      <Table
        size="small"
        rowKey="number"
        columns={columns}
        dataSource={[...trials]}
        pagination={trials.length > PAGE ? { pageSize: PAGE, showSizeChanger: false } : false}
        scroll={{ x: "max-content" }}
        showSorterTooltip={false}
      />
    </div>
  );
}
