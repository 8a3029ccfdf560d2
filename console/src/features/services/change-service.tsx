import { App } from "antd";
import { useChangeService } from "@/api/queries/service-changes";
import type { Service } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { ChangeVersion } from "./change-version";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly title: string;
  readonly onClose: () => void;
}

export function ChangeService({ projectId, service, title, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const change = useChangeService(projectId, service.service_id);
  return (
    <ChangeVersion
      projectId={projectId}
      modelId={service.model_id}
      title={title}
      online={service}
      {...(service.challenger ? { without: service.challenger.model_version } : {})}
      isSaving={change.isPending}
      onSave={(wanted) => {
        change.mutate(wanted, { onSuccess: onClose, onError: (error) => void message.error(problemText(error, t)) });
      }}
      onClose={onClose}
    />
  );
}
