import { Link } from "react-router";
import { billingMonth, useBill } from "@/api/queries/metering";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { Money } from "@/ui/values";

export function Spend({ projectId }: { readonly projectId: number }) {
  const t = useT();
  const month = billingMonth(new Date());
  const query = useBill(month);
  return (
    <Panel title={t("home.spend")} extra={<Link to={links.usage(projectId)}>{t("nav.usage")}</Link>}>
      <QueryView query={query}>
        {(bill) => (
          <div className="ob-between">
            <span style={{ fontSize: 26, fontWeight: 600 }}>
              <Money amount={bill.total} />
            </span>
            <span className="ob-muted">{t("home.accruing", { count: bill.accruing.length })}</span>
          </div>
        )}
      </QueryView>
    </Panel>
  );
}
