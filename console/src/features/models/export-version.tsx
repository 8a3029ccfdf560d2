import { DownloadOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useState } from "react";
import { useExportVersion, useVersionExport } from "@/api/queries/repository";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";

interface Props {
  readonly projectId: number;
  readonly modelId: number;
  readonly version: number;
  readonly isDisabled: boolean;
}

/** Packs the version as an MLflow model; the button becomes the download when it is ready. */
export function ExportVersion({ projectId, modelId, version, isDisabled }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [exportId, setExportId] = useState<number | null>(null);
  const begin = useExportVersion(projectId, modelId, version);
  const query = useVersionExport(projectId, modelId, version, exportId);
  const url = query.data?.url;
  if (query.data?.state === "ready" && url) {
    return (
      <Button icon={<DownloadOutlined />} href={url} download>
        {t("models.export.download")}
      </Button>
    );
  }
  const isFailed = query.data?.state === "failed" || query.data?.state === "expired";
  return (
    <>
      {isFailed ? <span role="alert">{query.data?.failure ?? t("models.export.failed")}</span> : null}
      <Button
        icon={<DownloadOutlined />}
        disabled={isDisabled}
        loading={begin.isPending || (exportId !== null && !isFailed)}
        onClick={() => {
          begin.mutate(undefined, {
            onSuccess: (started) => {
              setExportId(started.export_id);
            },
            onError: (error) => void message.error(problemText(error, t)),
          });
        }}
      >
        {t("models.export")}
      </Button>
    </>
  );
}
