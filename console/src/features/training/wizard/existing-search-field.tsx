import { Alert, Form, Select } from "antd";
import { useSearches } from "@/api/queries/searches";
import { itemsOf } from "@/api/queries/paging";
import type { Network } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly projectId: number;
  readonly experimentId: number;
  readonly network: Network | undefined;
}

/** Results of earlier searches with the same pre-trained model and network (checklist 23). */
export function ExistingSearchField({ projectId, experimentId, network }: Props) {
  const t = useT();
  const format = useFormat();
  const query = useSearches(projectId, { experimentId, network: network?.name }, network !== undefined);
  return (
    <QueryView query={query}>
      {(pages) => {
        const searches = itemsOf(pages);
        if (searches.length === 0) return <Alert type="info" showIcon title={t("search.existing.none", { network: network?.name ?? "" })} style={{ marginBottom: 16 }} />;
        return (
          <Form.Item name="search_id" label={t("search.existing")} extra={t("search.existing.help")} rules={[{ required: true, message: t("form.required") }]}>
            <Select
              options={searches.map((search) => ({
                value: search.search_id,
                label: t("search.existing.option", {
                  id: String(search.search_id),
                  strategy: t(`search.strategy.${search.strategy}`),
                  trials: search.trials_total,
                  quality: typeof search.best_quality === "number" ? format.percent(search.best_quality) : "–",
                }),
              }))}
            />
          </Form.Item>
        );
      }}
    </QueryView>
  );
}
