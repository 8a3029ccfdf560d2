import { Drawer } from "antd";
import { asRecord, parseOrNull } from "@/api/prediction";
import { useCall } from "@/api/queries/service-calls";
import type { CallDetail } from "@/api/serving";
import type { Service } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { TryMessages } from "@/i18n/try-messages";
import { CodeBlock } from "@/ui/code-block";
import { CopyText } from "@/ui/copy";
import { Facts, Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { shortened } from "@/ui/try-model/task-input";
import { LocalTime } from "@/ui/values";
import { MarkCall } from "./mark-call";

interface Props {
  readonly projectId: number;
  readonly service: Service;
  readonly logId: string | null;
  readonly onClose: () => void;
}

/** One call with what was kept of it. */
export function CallDrawer({ projectId, service, logId, onClose }: Props) {
  const t = useT();
  const query = useCall(projectId, logId);
  return (
    <Drawer open={logId !== null} size={560} title={t("calls.one")} onClose={onClose} destroyOnHidden>
      {logId === null ? null : (
        <TryMessages>
          <QueryView query={query}>{(call) => <Detail projectId={projectId} service={service} call={call} />}</QueryView>
        </TryMessages>
      )}
    </Drawer>
  );
}

function Detail({ projectId, service, call }: { readonly projectId: number; readonly service: Service; readonly call: CallDetail }) {
  const t = useT();
  const format = useFormat();
  return (
    <div className="ob-stack" data-testid="call">
      <Facts
        facts={[
          { label: t("field.logId"), value: <CopyText text={call.log_id} /> },
          { label: t("calls.at"), value: <LocalTime at={call.at} /> },
          { label: t("calls.result"), value: call.error_code ? t("calls.error", { code: String(call.error_code) }) : call.labels.join(", ") || t("calls.good") },
          { label: t("field.version"), value: call.model_version === null ? "–" : `V${call.model_version}` },
          { label: t("calls.role"), value: t(`services.role.${call.role}`) },
          { label: t("calls.application"), value: <CopyText text={call.app_id} /> },
          { label: t("calls.duration"), value: t("calls.ms", { ms: format.number(call.duration_ms) }) },
        ]}
      />
      <Kept call={call} />
      <MarkCall key={call.log_id} projectId={projectId} serviceId={service.service_id} call={call} />
    </div>
  );
}

function Kept({ call }: { readonly call: CallDetail }) {
  const t = useT();
  const { content, content_url } = call;
  if (content === null) {
    return <p className="ob-muted">{content_url ? <a href={content_url}>{t("calls.contentFile")}</a> : t("calls.notKept")}</p>;
  }
  const request = typeof content.request === "string" ? parseOrNull(content.request) : null;
  const picture = pictureOf(asRecord(request).image);
  return (
    <>
      {picture ? <img src={picture} alt={t("calls.picture")} style={{ maxWidth: "100%", maxHeight: 300, objectFit: "contain" }} /> : null}
      <Panel title={t("tryIt.request")}>
        <CodeBlock text={request === null ? (content.request ?? content.request_base64 ?? "") : JSON.stringify(shortened(request), null, 2)} />
      </Panel>
      <Panel title={t("tryIt.reply")}>
        <CodeBlock text={content.answer} />
      </Panel>
    </>
  );
}

const KINDS = [
  ["/9j/", "image/jpeg"],
  ["iVBOR", "image/png"],
  ["Qk", "image/bmp"],
] as const;

/** A kept picture as something an `img` shows; only kinds of pictures that services take. */
function pictureOf(image: unknown): string | null {
  if (typeof image !== "string") return null;
  const kind = KINDS.find(([beginning]) => image.startsWith(beginning));
  return kind ? `data:${kind[1]};base64,${image}` : null;
}
