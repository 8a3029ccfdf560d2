import { usePermissions } from "@/api/queries/identity";
import type { Service } from "@/api/types";
import { CallRights } from "./call-rights";
import { LimitsForm } from "./limits-form";
import { RecordingForm } from "./recording-form";
import { SleepForm } from "./sleep-form";

/** What the owner decides about calls: sleep, records, limits and who may call. */
export function PoliciesTab({ projectId, service }: { readonly projectId: number; readonly service: Service }) {
  const mayWrite = usePermissions(projectId).has("services.write");
  const place = { projectId, service, mayWrite };
  return (
    <div className="ob-grid">
      <div className="ob-stack" style={{ gridColumn: "span 7" }}>
        <SleepForm key={JSON.stringify(service.sleep_policy)} {...place} />
      </div>
      <div className="ob-stack" style={{ gridColumn: "span 5" }}>
        <RecordingForm key={JSON.stringify(service.recording)} {...place} />
        <LimitsForm key={JSON.stringify(service.limits)} {...place} />
        <CallRights projectId={projectId} serviceId={service.service_id} mayWrite={mayWrite} />
      </div>
    </div>
  );
}
