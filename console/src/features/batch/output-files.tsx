import { DownloadOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { useBatchOutput } from "@/api/queries/batch";
import { itemsOf } from "@/api/queries/paging";
import type { BatchPrediction } from "@/api/batch";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";

/** The files of the answers; an item that failed stands in them with its name and error. */
export function OutputFiles({ projectId, prediction }: { readonly projectId: number; readonly prediction: BatchPrediction }) {
  const t = useT();
  const format = useFormat();
  const query = useBatchOutput(projectId, prediction.batch_id, prediction.state);
  return (
    <Panel title={t("batch.results")}>
      <div className="ob-stack-s" data-testid="results">
        {prediction.failed_items > 0 ? <Alert type="warning" showIcon title={t("batch.itemsFailed", { count: format.number(prediction.failed_items) })} description={t("batch.failedHelp")} /> : null}
        <QueryView query={query}>
          {(data) => {
            const files = itemsOf(data);
            if (files.length === 0) return <span className="ob-muted">{t("batch.noResults")}</span>;
            return (
              <>
                <ul className="ob-list">
                  {files.map((file) => (
                    <li key={file.name}>
                      <span className="ob-mono ob-breaks">{file.name}</span>
                      <span className="ob-row" style={{ flexWrap: "nowrap" }}>
                        <span className="ob-num ob-muted">{format.bytes(file.size_bytes)}</span>
                        <Button size="small" icon={<DownloadOutlined />} href={file.url} download aria-label={t("batch.downloadOf", { name: file.name })}>
                          {t("batch.download")}
                        </Button>
                      </span>
                    </li>
                  ))}
                </ul>
                <LoadMore query={query} />
              </>
            );
          }}
        </QueryView>
      </div>
    </Panel>
  );
}
