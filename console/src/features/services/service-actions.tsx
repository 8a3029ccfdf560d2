import { BranchesOutlined, ColumnHeightOutlined, DeleteOutlined, PoweroffOutlined, ReloadOutlined, SettingOutlined, SunOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { useServiceAction, type ServiceAction } from "@/api/queries/service-changes";
import type { ServiceActionName } from "@/api/serving";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { ChangeService } from "./change-service";
import { AddVersion } from "./traffic/add-version";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  /** In a row of the list. */
  readonly isSmall?: boolean;
}

type Form = "change" | "edit" | "add_version";

/** What can be done with a service now, as the platform says; what cannot is not shown. */
export function ServiceActions({ projectId, service, isSmall = false }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const [open, setOpen] = useState<Form | null>(null);
  const act = useServiceAction(projectId, service.service_id);
  const mayWrite = usePermissions(projectId).has("services.write");
  const run = (action: ServiceAction): Promise<void> =>
    act.mutateAsync(action).then(
      () => (action === "delete" ? navigate(links.services(projectId)) : undefined),
      (error: unknown) => void message.error(problemText(error, t)),
    );
  const ask = (action: "stop" | "delete"): void => {
    void modal.confirm({
      title: t(`services.${action}.title`, { name: service.name }),
      content: t(`services.${action}.text`),
      okText: t(`action.${action}`),
      okButtonProps: { danger: true },
      onOk: () => run(action),
    });
  };
  const may = (action: ServiceActionName): boolean => service.actions.includes(action);
  const button = (action: ServiceActionName, icon: ReactNode, label: string, onClick: () => void, look: { readonly type?: "primary"; readonly danger?: boolean } = {}) =>
    may(action) ? (
      <Button key={action} size={isSmall ? "small" : "middle"} icon={isSmall ? undefined : icon} loading={act.isPending && act.variables === action} disabled={!mayWrite} onClick={onClick} {...look}>
        {label}
      </Button>
    ) : null;
  const opener = (form: Form) => () => {
    setOpen(form);
  };
  const close = (): void => {
    setOpen(null);
  };
  return (
    <span className="ob-row" style={{ flexWrap: isSmall ? "nowrap" : "wrap" }}>
      {button("edit", <SettingOutlined />, t("services.edit"), opener("edit"), { type: "primary" })}
      {button("restart", <ReloadOutlined />, t("services.restart"), () => void run("restart"), { type: "primary" })}
      {button("wake", <SunOutlined />, t("services.wake"), () => void run("wake"))}
      {isSmall ? null : button("add_version", <BranchesOutlined />, t("services.addVersion"), opener("add_version"))}
      {isSmall ? null : button("change", <ColumnHeightOutlined />, t("services.change"), opener("change"))}
      {button("stop", <PoweroffOutlined />, t("action.stop"), () => { ask("stop"); }, { danger: true })}
      {button("delete", <DeleteOutlined />, t("action.delete"), () => { ask("delete"); }, { danger: true })}
      {open === "change" || open === "edit" ? <ChangeService projectId={projectId} service={service} title={t(open === "edit" ? "services.edit" : "services.change")} onClose={close} /> : null}
      {open === "add_version" ? <AddVersion projectId={projectId} service={service} onClose={close} /> : null}
    </span>
  );
}
