import { Button, Table, type TableColumnsType } from "antd";
import { Link, useNavigate } from "react-router";
import { useModel, useModelVersions } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import type { ModelVersion } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";

export function ModelPage() {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const navigate = useNavigate();
  const projectId = useProjectId();
  const modelId = useIdParam("modelId");
  const model = useModel(projectId, modelId);
  const versions = useModelVersions(projectId, modelId);
  const columns: TableColumnsType<ModelVersion> = [
    {
      title: t("field.version"),
      dataIndex: "version_number",
      render: (version: number) => <Link to={links.modelVersion(projectId, modelId, version)}>{`V${version}`}</Link>,
    },
    { title: t("field.state"), dataIndex: "state", render: (state: string) => <StateTag kind="model" state={state} /> },
    { title: t("runs.network"), dataIndex: "network" },
    {
      title: t("metric.accuracy"),
      align: "right",
      render: (_, version) => {
        const accuracy = version.metrics.accuracy;
        return <span className="ob-num">{typeof accuracy === "number" ? format.percent(accuracy) : "–"}</span>;
      },
    },
    { title: t("models.size"), align: "right", dataIndex: "size_bytes", render: (size: number | null) => (size === null ? "–" : format.bytes(size)) },
    { title: t("runs.run"), dataIndex: "run_id", render: (run: number) => <Link to={links.run(projectId, run)}>{run}</Link> },
    { title: t("field.created"), dataIndex: "created_at", render: (at: string) => <LocalTime at={at} /> },
    {
      title: "",
      render: (_, version) => (
        <Button size="small" onClick={() => void navigate(links.deploy(projectId, modelId, version.version_number))}>
          {t("services.deploy")}
        </Button>
      ),
    },
  ];
  return (
    <QueryView query={model}>
      {(data) => (
        <Page
          title={data.name}
          crumbs={[{ label: t("nav.models"), to: links.models(projectId) }]}
          sub={
            <>
              <span>{maybeT(`task.${data.task_type}`) ?? data.task_type}</span>
              <CopyText text={data.model_id} />
            </>
          }
        >
          {data.description ? <p style={{ margin: 0 }}>{data.description}</p> : null}
          <Panel title={t("models.versions")}>
            <QueryView query={versions}>
              {(pages) => {
                const items = itemsOf(pages);
                if (items.length === 0) return <EmptyState title={t("models.noVersions")} text={t("models.empty.text")} />;
                return (
                  <>
                    <Table rowKey="version_number" columns={columns} dataSource={items} pagination={false} scroll={{ x: "max-content" }} />
                    <LoadMore query={versions} />
                  </>
                );
              }}
            </QueryView>
          </Panel>
          <AsCommand command="bml models list" />
        </Page>
      )}
    </QueryView>
  );
}
