import { Table, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useTrainedModels, type VersionRef } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { TrainedModel } from "@/api/types";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";

/** Which models were trained on this version, and on which snapshot of it. */
export function TrainedModels({ refTo }: { readonly refTo: VersionRef }) {
  const t = useT();
  const query = useTrainedModels(refTo);
  const columns: TableColumnsType<TrainedModel> = [
    {
      title: t("datasets.models.model"),
      render: (_, model) => (
        <Link to={links.modelVersion(refTo.projectId, model.model_id, model.model_version_number)}>
          {`${model.model_id} V${model.model_version_number}`}
        </Link>
      ),
    },
    { title: t("datasets.models.run"), render: (_, model) => <Link to={links.run(refTo.projectId, model.run_id)}>{model.run_id}</Link> },
    { title: t("datasets.models.snapshot"), dataIndex: "snapshot_id", render: (id: string) => <CopyText text={id} /> },
    { title: t("field.created"), dataIndex: "published_at", render: (at: string) => <LocalTime at={at} /> },
  ];
  return (
    <QueryView query={query}>
        {(data) => {
          const models = itemsOf(data);
          if (models.length === 0) {
            return <EmptyState title={t("datasets.models.empty.title")} text={t("datasets.models.empty.text")} />;
          }
          return (
            <>
              <Table rowKey={(model) => `${model.model_id}.${model.model_version_number}`} columns={columns} dataSource={models} pagination={false} scroll={{ x: "max-content" }} />
              <LoadMore query={query} />
            </>
          );
        }}
      </QueryView>
  );
}
