import { CompassOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import { useT } from "@/i18n";
import { StateMessage } from "@/ui/problem";

export function MissingPage() {
  const t = useT();
  return (
    <main>
      <StateMessage icon={<CompassOutlined />} title={t("problem.noPage.title")} action={<Link to="/">{t("nav.home")}</Link>}>
        <p>{t("problem.noPage.remedy")}</p>
      </StateMessage>
    </main>
  );
}
