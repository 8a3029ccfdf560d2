import { FolderOpenOutlined } from "@ant-design/icons";
import { Navigate } from "react-router";
import { useMe } from "@/api/queries/identity";
import { useT } from "@/i18n";
import { links } from "@/ui/project";
import { StateMessage } from "@/ui/problem";
import { QueryView } from "@/ui/query-view";
import { lastProject } from "./last-project";

/** Opens the project used last, else the first one. */
export function StartPage() {
  const me = useMe();
  const t = useT();
  return (
    <QueryView query={me}>
      {(person) => {
        const last = lastProject();
        const project = person.projects.find((candidate) => candidate.project_id === last) ?? person.projects[0];
        if (project) return <Navigate to={links.home(project.project_id)} replace />;
        return (
          <main>
            <StateMessage icon={<FolderOpenOutlined />} title={t("project.none.title")}>
              <p>{t("project.none.remedy")}</p>
            </StateMessage>
          </main>
        );
      }}
    </QueryView>
  );
}
