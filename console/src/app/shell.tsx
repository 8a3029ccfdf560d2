import { Suspense, useEffect, useMemo } from "react";
import { Link, Outlet, useNavigation } from "react-router";
import { api, reply } from "@/api/client";
import { useMe } from "@/api/queries/identity";
import { useT } from "@/i18n";
import { LiveClient, type LiveSocket } from "@/live/live-client";
import { LiveContext } from "@/live/use-live";
import { links, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { rememberProject } from "./last-project";
import { LanguageSwitch } from "./language-switch";
import { Navigation } from "./navigation";
import { ProjectSwitcher } from "./project-switcher";
import { ShortcutKeys } from "./shortcut-keys";
import { UserMenu } from "./user-menu";

function makeLiveClient(projectId: number): LiveClient {
  return new LiveClient({
    fetchTicket: () => reply(api.POST("/v1/live/tickets", { body: { project_id: projectId } })),
    openSocket: (url) => new WebSocket(url) as LiveSocket,
    later: (action, delayMs) => {
      const timer = window.setTimeout(action, delayMs);
      return () => {
        window.clearTimeout(timer);
      };
    },
  });
}

/** Top bar, navigation and the live connection of one project. */
export function Shell() {
  const t = useT();
  const projectId = useProjectId();
  const me = useMe();
  const navigation = useNavigation();
  const live = useMemo(() => makeLiveClient(projectId), [projectId]);
  useEffect(() => {
    rememberProject(projectId);
  }, [projectId]);
  return (
    <LiveContext value={live}>
      <div className="ob-shell">
        <a className="ob-skip" href="#content">
          {t("nav.skip")}
        </a>
        <header className="ob-top">
          <Link to={links.home(projectId)} className="ob-brand">
            <img src="/favicon.svg" alt="" />
            {t("app.name")}
          </Link>
          <ProjectSwitcher projectId={projectId} me={me.data} />
          <div style={{ flex: 1 }} />
          <LanguageSwitch />
          <UserMenu me={me.data} />
        </header>
        <div className="ob-side">
          <Navigation projectId={projectId} />
        </div>
        <main className="ob-main" id="content" tabIndex={-1} aria-busy={navigation.state === "loading"}>
          <QueryView query={me}>
            {() => (
              <Suspense fallback={null}>
                <Outlet />
              </Suspense>
            )}
          </QueryView>
        </main>
        <ShortcutKeys projectId={projectId} />
      </div>
    </LiveContext>
  );
}
