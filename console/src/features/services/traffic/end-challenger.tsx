import { App, Button } from "antd";
import { usePermissions } from "@/api/queries/identity";
import { useEndChallenger } from "@/api/queries/service-changes";
import type { Challenger } from "@/api/serving";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly challenger: Challenger;
}

/** The second version becomes the first one, or goes. */
export function EndChallenger({ projectId, service, challenger }: Props) {
  const t = useT();
  const { modal, message } = App.useApp();
  const end = useEndChallenger(projectId, service.service_id);
  const mayWrite = usePermissions(projectId).has("services.write");
  const ask = (way: "promote" | "remove"): void => {
    const version = `V${challenger.model_version}`;
    void modal.confirm({
      title: t(`services.${way}.title`, { version }),
      content: t(`services.${way}.text`, { version: `V${way === "promote" ? service.model_version : challenger.model_version}` }),
      okText: t(`services.${way}`),
      okButtonProps: { danger: way === "remove" },
      onOk: () => end.mutateAsync(way).catch((error: unknown) => void message.error(problemText(error, t))),
    });
  };
  return (
    <span className="ob-row">
      <Button size="small" type="primary" disabled={!mayWrite || challenger.state !== "running"} onClick={() => { ask("promote"); }}>
        {t("services.promote")}
      </Button>
      <Button size="small" danger disabled={!mayWrite} onClick={() => { ask("remove"); }}>
        {t("services.remove")}
      </Button>
    </span>
  );
}
