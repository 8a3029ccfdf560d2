import { DeleteOutlined } from "@ant-design/icons";
import { App, Button, Input } from "antd";
import { useState } from "react";
import { useCallRights, useChangeRight, type RightChange } from "@/api/queries/service-changes";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";

interface Props {
  readonly projectId: number;
  readonly serviceId: number;
  readonly mayWrite: boolean;
}

/** Applications of other accounts that may call the service (spec 08 section 2.4). */
export function CallRights({ projectId, serviceId, mayWrite }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [appId, setAppId] = useState("");
  const query = useCallRights(projectId, serviceId);
  const change = useChangeRight(projectId, serviceId);
  const isId = /^\d{1,16}$/.test(appId) && Number.isSafeInteger(Number(appId)) && Number(appId) > 0;
  const send = (wanted: RightChange, then?: () => void): void => {
    change.mutate(wanted, { onSuccess: () => then?.(), onError: (error) => void message.error(problemText(error, t)) });
  };
  return (
    <Panel title={t("services.rights")}>
      <div className="ob-stack-s">
        <span className="ob-small ob-muted">{t("services.rightsHelp")}</span>
        <QueryView query={query}>
          {({ items }) => (
            <ul className="ob-list">
              {items.map((right) => (
                <li key={right.app_id}>
                  <CopyText text={right.app_id} />
                  <span className="ob-row">
                    <LocalTime at={right.granted_at} />
                    <Button type="text" size="small" icon={<DeleteOutlined />} disabled={!mayWrite} aria-label={t("services.rightRevoke", { app: String(right.app_id) })} onClick={() => { send({ appId: right.app_id, isGranted: false }); }} />
                  </span>
                </li>
              ))}
            </ul>
          )}
        </QueryView>
        <div className="ob-row" style={{ flexWrap: "nowrap" }}>
          <Input className="ob-mono" value={appId} aria-label={t("applications.id")} placeholder={t("applications.id")} onChange={(event) => { setAppId(event.target.value.trim()); }} />
          <Button disabled={!mayWrite || !isId} loading={change.isPending} onClick={() => { send({ appId: Number(appId), isGranted: true }, () => { setAppId(""); }); }}>
            {t("services.rightGrant")}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
