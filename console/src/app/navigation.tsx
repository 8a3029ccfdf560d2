import {
  ApiOutlined,
  AppstoreOutlined,
  CloudServerOutlined,
  DatabaseOutlined,
  ExperimentOutlined,
  HomeOutlined,
  WalletOutlined,
} from "@ant-design/icons";
import { Menu, type MenuProps } from "antd";
import { Link, useLocation } from "react-router";
import { useT } from "@/i18n";
import { links } from "@/ui/project";

type Items = NonNullable<MenuProps["items"]>;

export function Navigation({ projectId }: { readonly projectId: number }) {
  const t = useT();
  const section = sectionOf(useLocation().pathname);
  const items: Items = [
    { key: "home", icon: <HomeOutlined />, label: <Link to={links.home(projectId)}>{t("nav.home")}</Link> },
    {
      key: "group-data",
      type: "group",
      label: t("nav.group.data"),
      children: [{ key: "datasets", icon: <DatabaseOutlined />, label: <Link to={links.datasets(projectId)}>{t("nav.datasets")}</Link> }],
    },
    {
      key: "group-build",
      type: "group",
      label: t("nav.group.build"),
      children: [
        { key: "experiments", icon: <ExperimentOutlined />, label: <Link to={links.experiments(projectId)}>{t("nav.experiments")}</Link> },
        { key: "models", icon: <AppstoreOutlined />, label: <Link to={links.models(projectId)}>{t("nav.models")}</Link> },
      ],
    },
    {
      key: "group-serve",
      type: "group",
      label: t("nav.group.serve"),
      children: [
        { key: "services", icon: <CloudServerOutlined />, label: <Link to={links.services(projectId)}>{t("nav.services")}</Link> },
        { key: "batch-predictions", icon: <DatabaseOutlined />, label: <Link to={links.batches(projectId)}>{t("nav.batch")}</Link> },
        { key: "statistics", icon: <ExperimentOutlined />, label: <Link to={links.statistics(projectId)}>{t("nav.statistics")}</Link> },
        { key: "applications", icon: <ApiOutlined />, label: <Link to={links.applications(projectId)}>{t("nav.applications")}</Link> },
      ],
    },
    {
      key: "group-account",
      type: "group",
      label: t("nav.group.account"),
      children: [{ key: "usage", icon: <WalletOutlined />, label: <Link to={links.usage(projectId)}>{t("nav.usage")}</Link> }],
    },
  ];
  return (
    <nav aria-label={t("nav.main")}>
      <Menu mode="inline" selectedKeys={[section]} items={items} />
    </nav>
  );
}

function sectionOf(pathname: string): string {
  const part = pathname.split("/")[3] ?? "";
  if (part === "") return "home";
  return part === "runs" || part === "searches" ? "experiments" : part;
}
