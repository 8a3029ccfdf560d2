import { DeleteOutlined, EyeInvisibleOutlined, EyeOutlined, PlusOutlined } from "@ant-design/icons";
import { App, Button, Table, Tooltip, type TableColumnsType } from "antd";
import { useState } from "react";
import { useApplications, useDeleteApplication, usePermissions } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import type { Application } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { useProjectId } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";
import { CreateApplication } from "./create-application";

export function ApplicationsPage() {
  const t = useT();
  const { modal, message } = App.useApp();
  const mayWrite = usePermissions(useProjectId()).has("applications.write");
  const query = useApplications();
  const remove = useDeleteApplication();
  const [creating, setCreating] = useState(false);
  const askDelete = (application: Application): void => {
    void modal.confirm({
      title: t("applications.delete.title", { name: application.name }),
      content: t("applications.delete.text"),
      okText: t("action.delete"),
      okButtonProps: { danger: true },
      onOk: () => remove.mutateAsync(application.app_id).catch((error: unknown) => void message.error(problemText(error, t))),
    });
  };
  const create = (
    <Button
      type="primary"
      icon={<PlusOutlined />}
      disabled={!mayWrite}
      onClick={() => {
        setCreating(true);
      }}
    >
      {t("applications.create")}
    </Button>
  );
  const columns: TableColumnsType<Application> = [
    {
      title: t("field.name"),
      render: (_, row) => (
        <>
          <div>{row.name}</div>
          {row.description ? <div className="ob-muted ob-small">{row.description}</div> : null}
        </>
      ),
    },
    { title: t("applications.id"), dataIndex: "app_id", render: (id: number) => <CopyText text={id} /> },
    { title: t("applications.apiKey"), dataIndex: "api_key", render: (key: string) => <CopyText text={key} /> },
    { title: t("applications.secretKey"), dataIndex: "secret_key", render: (key: string) => <Secret text={key} /> },
    { title: t("field.created"), dataIndex: "created_at", render: (at: string) => <LocalTime at={at} /> },
    {
      title: "",
      render: (_, row) => (
        <Button
          type="text"
          danger
          icon={<DeleteOutlined />}
          disabled={!mayWrite}
          aria-label={t("applications.delete.title", { name: row.name })}
          onClick={() => {
            askDelete(row);
          }}
        />
      ),
    },
  ];
  return (
    <Page title={t("nav.applications")} sub={t("applications.intro")} actions={create}>
      <Panel>
        <QueryView query={query}>
          {(data) => {
            const items = itemsOf(data);
            if (items.length === 0) return <EmptyState title={t("applications.empty.title")} text={t("applications.empty.text")} action={create} />;
            return (
              <>
                <Table rowKey="app_id" columns={columns} dataSource={items} pagination={false} scroll={{ x: "max-content" }} />
                <LoadMore query={query} />
              </>
            );
          }}
        </QueryView>
      </Panel>
      <AsCommand command="bml apps create NAME --json" />
      <CreateApplication
        open={creating}
        onClose={() => {
          setCreating(false);
        }}
      />
    </Page>
  );
}

/** Hidden until asked for: screens are shared. */
function Secret({ text }: { readonly text: string }) {
  const t = useT();
  const [shown, setShown] = useState(false);
  const action = shown ? t("applications.hide") : t("applications.reveal");
  return (
    <span className="ob-row" style={{ flexWrap: "nowrap" }}>
      {shown ? <CopyText text={text} /> : <span className="ob-mono">{"••••••••••••"}</span>}
      <Tooltip title={action}>
        <Button
          type="text"
          size="small"
          icon={shown ? <EyeInvisibleOutlined /> : <EyeOutlined />}
          aria-label={action}
          onClick={() => {
            setShown(!shown);
          }}
        />
      </Tooltip>
    </span>
  );
}
