import { Button, Table, type TableColumnsType } from "antd";
import { Link, useNavigate } from "react-router";
import { useModels } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import type { Model } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";

export function ModelsPage() {
  const t = useT();
  const maybeT = useMaybeT();
  const navigate = useNavigate();
  const projectId = useProjectId();
  const query = useModels(projectId);
  const columns: TableColumnsType<Model> = [
    { title: t("field.name"), dataIndex: "name", render: (name: string, model) => <Link to={links.model(projectId, model.model_id)}>{name}</Link> },
    { title: t("experiments.task"), dataIndex: "task_type", render: (task: string) => maybeT(`task.${task}`) ?? task },
    { title: t("field.created"), dataIndex: "created_at", render: (at: string) => <LocalTime at={at} /> },
    { title: t("field.id"), dataIndex: "model_id", render: (id: number) => <CopyText text={id} /> },
  ];
  return (
    <Page title={t("nav.models")} sub={t("models.intro")}>
      <Panel>
        <QueryView query={query}>
          {(data) => {
            const items = itemsOf(data);
            if (items.length === 0) {
              return (
                <EmptyState
                  title={t("models.empty.title")}
                  text={t("models.empty.text")}
                  action={
                    <Button type="primary" onClick={() => void navigate(links.experiments(projectId))}>
                      {t("nav.experiments")}
                    </Button>
                  }
                />
              );
            }
            return (
              <>
                <Table rowKey="model_id" columns={columns} dataSource={items} pagination={false} scroll={{ x: "max-content" }} />
                <LoadMore query={query} />
              </>
            );
          }}
        </QueryView>
      </Panel>
      <AsCommand command="bml models list" />
    </Page>
  );
}
