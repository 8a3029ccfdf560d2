import { ColumnHeightOutlined, DeleteOutlined, PoweroffOutlined, ReloadOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { usePermissions } from "@/api/queries/identity";
import { isChangingService, useServiceAction, type ServiceAction } from "@/api/queries/services";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { ChangeService } from "./change-service";

export function ServiceActions({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const t = useT();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const [changing, setChanging] = useState(false);
  const act = useServiceAction(projectId, service.service_id);
  const mayWrite = usePermissions(projectId).has("services.write");
  const busy = isChangingService(service.state);
  const stopped = service.state === "stopped" || service.state === "failed";
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
  return (
    <>
      {stopped ? (
        <>
          <Button type="primary" icon={<ReloadOutlined />} loading={act.isPending} disabled={!mayWrite} onClick={() => void run("restart")}>
            {t("services.restart")}
          </Button>
          <Button danger icon={<DeleteOutlined />} disabled={!mayWrite} onClick={() => { ask("delete"); }}>
            {t("action.delete")}
          </Button>
        </>
      ) : (
        <>
          <Button icon={<ColumnHeightOutlined />} disabled={!mayWrite || busy} onClick={() => { setChanging(true); }}>
            {t("services.change")}
          </Button>
          <Button danger icon={<PoweroffOutlined />} disabled={!mayWrite || service.state === "stopping"} onClick={() => { ask("stop"); }}>
            {t("action.stop")}
          </Button>
        </>
      )}
      <ChangeService
        open={changing}
        projectId={projectId}
        service={service}
        onClose={() => {
          setChanging(false);
        }}
      />
    </>
  );
}
