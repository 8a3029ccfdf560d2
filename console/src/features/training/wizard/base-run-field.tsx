import { Form, Select } from "antd";
import { useRuns } from "@/api/queries/training";
import { itemsOf } from "@/api/queries/paging";
import type { Network, Run } from "@/api/types";
import { useT } from "@/i18n";

interface Props {
  readonly projectId: number;
  readonly experimentId: number;
  readonly network: Network | undefined;
}

/** Runs whose weights can be trained on: ended, with a model, and of the same network. */
export function usableBases(runs: readonly Run[], network: string | undefined): Run[] {
  return runs.filter((run) => (run.state === "succeeded" || run.state === "stopped") && run.metrics !== null && run.network === network);
}

/** Incremental training: start from an earlier run in place of pre-trained weights. */
export function BaseRunField({ projectId, experimentId, network }: Props) {
  const t = useT();
  const query = useRuns(projectId, experimentId);
  const bases = usableBases(itemsOf(query.data), network?.name);
  return (
    <Form.Item name="base_run_id" label={t("runs.form.base")} extra={t("runs.form.baseHelp")} style={{ margin: "12px 0 0" }}>
      <Select
        allowClear
        loading={query.isPending}
        placeholder={bases.length === 0 ? t("runs.form.noBase") : t("runs.form.baseNone")}
        options={bases.map((run) => ({ value: run.run_id, label: run.remark ? `V${run.version_number} · ${run.remark}` : `V${run.version_number}` }))}
      />
    </Form.Item>
  );
}
