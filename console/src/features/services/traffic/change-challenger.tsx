import { App } from "antd";
import { useChangeChallenger } from "@/api/queries/service-changes";
import type { Challenger } from "@/api/serving";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { ChangeVersion } from "../change-version";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly challenger: Challenger;
  readonly onClose: () => void;
}

export function ChangeChallenger({ projectId, service, challenger, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const change = useChangeChallenger(projectId, service.service_id);
  return (
    <ChangeVersion
      projectId={projectId}
      modelId={service.model_id}
      title={t("services.changeSecondTitle")}
      online={challenger}
      without={service.model_version}
      isSaving={change.isPending}
      onSave={(wanted) => {
        change.mutate(wanted, { onSuccess: onClose, onError: (error) => void message.error(problemText(error, t)) });
      }}
      onClose={onClose}
    />
  );
}
