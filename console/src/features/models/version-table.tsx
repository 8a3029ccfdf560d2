import { App, Button, Dropdown, Table, Tooltip, type TableColumnsType } from "antd";
import { MoreOutlined } from "@ant-design/icons";
import { Link, useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { isPublishing } from "@/api/queries/models";
import { useDeleteVersion, useFrameworkName } from "@/api/queries/repository";
import type { ModelVersion } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";

interface Props {
  readonly projectId: number;
  readonly versions: readonly ModelVersion[];
  readonly chosen: readonly number[];
  readonly onChoose: (versions: readonly number[]) => void;
}

/** The versions of a model; several can be chosen to compare them. */
export function VersionTable({ projectId, versions, chosen, onChoose }: Props) {
  const t = useT();
  const format = useFormat();
  const frameworkName = useFrameworkName(projectId);
  const columns: TableColumnsType<ModelVersion> = [
    {
      title: t("field.version"),
      dataIndex: "version_number",
      render: (number: number, version) => <Link to={links.modelVersion(projectId, version.model_id, number)}>{`V${number}`}</Link>,
    },
    {
      title: t("field.state"),
      render: (_, version) => (
        <span className="ob-row">
          <StateTag kind="model" state={version.state} />
          {version.deployed ? <span className="ob-small">{t("models.online")}</span> : null}
        </span>
      ),
    },
    { title: t("models.network"), render: (_, version) => frameworkName(version) },
    { title: t("models.figure"), align: "right", render: (_, version) => <Figure version={version} /> },
    { title: t("models.size"), align: "right", dataIndex: "size_bytes", render: (size: number | null) => (size === null ? "–" : format.bytes(size)) },
    { title: t("runs.run"), dataIndex: "run_id", render: (run: number | null) => (run === null ? "–" : <Link to={links.run(projectId, run)}>{run}</Link>) },
    { title: t("field.created"), dataIndex: "created_at", render: (at: string) => <LocalTime at={at} /> },
    { title: <span className="ob-visually-hidden">{t("models.actions")}</span>, fixed: "end", render: (_, version) => <VersionActions projectId={projectId} version={version} /> },
  ];
  return (
    <Table
      rowKey="version_number"
      columns={columns}
      dataSource={[...versions]}
      pagination={false}
      scroll={{ x: "max-content" }}
      rowSelection={{
        selectedRowKeys: [...chosen],
        onChange: (keys) => {
          onChoose(keys.map(Number));
        },
        columnTitle: <span className="ob-visually-hidden">{t("models.compare")}</span>,
        getCheckboxProps: (version) => ({ "aria-label": t("models.compareVersion", { version: `V${version.version_number}` }) }),
      }}
    />
  );
}

/** The figure that says most of a version, whatever its task. */
const FIGURES = ["accuracy", "map50", "map", "miou", "roc_auc", "f1", "r2", "rmse"] as const;

function Figure({ version }: { readonly version: ModelVersion }) {
  const t = useT();
  const format = useFormat();
  const metrics: Readonly<Record<string, number | undefined>> = version.metrics;
  const name = FIGURES.find((known) => typeof metrics[known] === "number");
  const value = name ? metrics[name] : undefined;
  return <span className="ob-num">{name === undefined || value === undefined ? "–" : `${t(`metric.${name}`)} ${format.figure(name, value)}`}</span>;
}

function VersionActions({ projectId, version }: { readonly projectId: number; readonly version: ModelVersion }) {
  const t = useT();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const mayWrite = usePermissions(projectId).has("models.write");
  const remove = useDeleteVersion(projectId, version.model_id);
  const isUsable = !isPublishing(version.state) && version.state !== "failed";
  const isServed = version.deployments.includes("cloud");
  const ask = (): void => {
    void modal.confirm({
      title: t("models.deleteVersion.title", { version: `V${version.version_number}` }),
      content: t("models.deleteVersion.text"),
      okText: t("action.delete"),
      okButtonProps: { danger: true },
      onOk: () => remove.mutateAsync(version.version_number).catch((error: unknown) => void message.error(problemText(error, t))),
    });
  };
  const open = (tab: string): void => {
    void navigate(`${links.modelVersion(projectId, version.model_id, version.version_number)}?tab=${tab}`);
  };
  return (
    <span className="ob-row" style={{ flexWrap: "nowrap" }}>
      <Tooltip title={version.has_report ? undefined : t("models.noReport")}>
        <Button size="small" disabled={!version.has_report || version.run_id === null} onClick={() => void navigate(links.report(projectId, version.run_id ?? 0))}>
          {t("models.report")}
        </Button>
      </Tooltip>
      <Tooltip title={version.can_validate ? undefined : t("models.cannotValidate")}>
        <Button size="small" disabled={!version.can_validate || !isUsable} onClick={() => { open("validate"); }}>
          {t("models.validate")}
        </Button>
      </Tooltip>
      <Tooltip title={isServed ? undefined : t("models.edgeOnly")}>
        <Button size="small" disabled={!isServed || !isUsable} onClick={() => void navigate(links.deploy(projectId, version.model_id, version.version_number))}>
          {t("services.deploy")}
        </Button>
      </Tooltip>
      <Dropdown
        trigger={["click"]}
        menu={{
          items: [
            { key: "performance", label: t("performance.title"), disabled: !version.has_report },
            { key: "lineage", label: t("models.lineage") },
            { key: "card", label: t("models.card") },
            { key: "delete", danger: true, label: version.deployed ? t("models.deleteVersion.protected") : t("action.delete"), disabled: !mayWrite || version.deployed },
          ],
          onClick: ({ key }) => {
            if (key === "delete") ask();
            else open(key);
          },
        }}
      >
        <Button size="small" icon={<MoreOutlined />} aria-label={t("models.more", { version: `V${version.version_number}` })} />
      </Dropdown>
    </span>
  );
}
