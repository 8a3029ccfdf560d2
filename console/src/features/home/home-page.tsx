import { useMe, usePermissions } from "@/api/queries/identity";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Page } from "@/ui/page";
import { useProjectId } from "@/ui/project";
import { NextSteps } from "./next-steps";
import { RecentObjects } from "./recent-objects";
import { RunningJobs } from "./running-jobs";
import { Spend } from "./spend";

export function HomePage() {
  const t = useT();
  const projectId = useProjectId();
  const me = useMe();
  const permissions = usePermissions(projectId);
  const project = me.data?.projects.find((candidate) => candidate.project_id === projectId);
  return (
    <Page title={project?.name ?? t("project.unknown")} sub={t("home.intro")}>
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 7" }}>
          <NextSteps projectId={projectId} />
          <RunningJobs projectId={projectId} />
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 5" }}>
          {permissions.has("usage.read") || me.data?.is_owner ? <Spend projectId={projectId} /> : null}
          <RecentObjects projectId={projectId} />
        </div>
      </div>
      <AsCommand command="bml projects" />
    </Page>
  );
}
