import { Alert, Form, Select } from "antd";
import { useSearches } from "@/api/queries/searches";
import type { Network } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly projectId: number;
  readonly network: Network | undefined;
  readonly family: string | undefined;
}

/** Results of earlier searches with the same pre-trained model and network (checklist 23). */
export function ExistingSearchField({ projectId, network, family }: Props) {
  const t = useT();
  const format = useFormat();
  const query = useSearches(projectId, { network: network?.name, weightsFamily: family }, network !== undefined);
  return (
    <QueryView query={query}>
      {({ items: searches }) => {
        if (searches.length === 0) return <Alert type="info" showIcon title={t("search.existing.none", { network: network?.name ?? "" })} style={{ marginBottom: 16 }} />;
        return (
          <Form.Item name="search_id" label={t("search.existing")} extra={t("search.existing.help")} rules={[{ required: true, message: t("form.required") }]}>
            <Select
              options={searches.map((search) => ({
                value: search.search_id,
                label: t("search.existing.option", {
                  name: search.name,
                  strategy: t(`search.strategy.${search.strategy}`),
                  trials: search.trials_ended,
                  quality: search.best_trial ? format.percent(search.best_trial.quality) : "–",
                }),
              }))}
            />
          </Form.Item>
        );
      }}
    </QueryView>
  );
}
