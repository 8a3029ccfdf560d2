import { App, Button } from "antd";
import { useState } from "react";
import { usePermissions } from "@/api/queries/identity";
import { useEndChallenger } from "@/api/queries/service-changes";
import type { Challenger } from "@/api/serving";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { ChangeChallenger } from "./change-challenger";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly challenger: Challenger;
}

/** The second version gets another size or version, becomes the first one, or goes. */
export function ChallengerActions({ projectId, service, challenger }: Props) {
  const t = useT();
  const { modal, message } = App.useApp();
  const [isChanging, setChanging] = useState(false);
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
      <Button
        size="small"
        disabled={!mayWrite || (challenger.state !== "running" && challenger.state !== "failed")}
        onClick={() => {
          setChanging(true);
        }}
      >
        {t("services.changeSecond")}
      </Button>
      <Button size="small" danger disabled={!mayWrite} onClick={() => { ask("remove"); }}>
        {t("services.remove")}
      </Button>
      {isChanging ? (
        <ChangeChallenger
          projectId={projectId}
          service={service}
          challenger={challenger}
          onClose={() => {
            setChanging(false);
          }}
        />
      ) : null}
    </span>
  );
}
