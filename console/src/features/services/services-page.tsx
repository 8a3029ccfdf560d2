import { PlusOutlined } from "@ant-design/icons";
import { Button, Table, type TableColumnsType } from "antd";
import { Link, useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import { useServices } from "@/api/queries/services";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Page, Panel } from "@/ui/page";
import { links, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime, Money } from "@/ui/values";
import { ServiceActions } from "./service-actions";
import { useSizeText } from "./size-text";

export function ServicesPage() {
  const t = useT();
  const navigate = useNavigate();
  const projectId = useProjectId();
  const query = useServices(projectId);
  const mayWrite = usePermissions(projectId).has("services.write");
  const deploy = (
    <Button type="primary" icon={<PlusOutlined />} disabled={!mayWrite} onClick={() => void navigate(links.deploy(projectId))}>
      {t("services.deploy")}
    </Button>
  );
  return (
    <Page title={t("nav.services")} sub={t("services.intro")} actions={deploy}>
      <Panel>
        <QueryView query={query}>
          {(data) => {
            const items = itemsOf(data);
            if (items.length === 0) return <EmptyState title={t("services.empty.title")} text={t("services.empty.text")} action={deploy} />;
            return (
              <>
                <ServiceTable projectId={projectId} services={items} />
                <LoadMore query={query} />
              </>
            );
          }}
        </QueryView>
      </Panel>
      <AsCommand command="bml services list" />
    </Page>
  );
}

function ServiceTable({ projectId, services }: { readonly projectId: number; readonly services: readonly Service[] }) {
  const t = useT();
  const sizeText = useSizeText();
  const columns: TableColumnsType<Service> = [
    { title: t("field.name"), dataIndex: "name", render: (name: string, row) => <Link to={links.service(projectId, row.service_id)}>{name}</Link> },
    { title: t("field.state"), dataIndex: "state", render: (state: string) => <StateTag kind="service" state={state} /> },
    { title: t("services.policyState"), render: (_, row) => t(`services.policy.${row.sleep_policy?.state ?? "none"}`) },
    { title: t("services.suffix"), dataIndex: "suffix", render: (suffix: string) => <span className="ob-mono">{suffix}</span> },
    {
      title: t("services.model"),
      render: (_, row) => (
        <span className="ob-row">
          <Link to={links.modelVersion(projectId, row.model_id, row.model_version)}>{`V${row.model_version}`}</Link>
          {row.challenger ? <span className="ob-small">{t("services.second", { version: `V${row.challenger.model_version}`, share: row.traffic.challenger_share })}</span> : null}
        </span>
      ),
    },
    { title: t("services.size"), render: (_, row) => sizeText(row) },
    { title: t("services.perHour"), align: "right", render: (_, row) => <Money amount={row.compute_units === null ? null : row.price_per_hour} /> },
    { title: t("services.lastCall"), dataIndex: "last_call_at", render: (at: string | null) => <LocalTime at={at} /> },
    { title: t("field.id"), dataIndex: "service_id", render: (id: number) => <CopyText text={id} /> },
    { title: <span className="ob-visually-hidden">{t("services.actions")}</span>, fixed: "end", render: (_, row) => <ServiceActions projectId={projectId} service={row} isSmall /> },
  ];
  return <Table rowKey="service_id" columns={columns} dataSource={[...services]} pagination={false} scroll={{ x: "max-content" }} />;
}
