import { DatePicker, Progress, Table, Tabs, type TableColumnsType } from "antd";
import dayjs from "dayjs";
import { useSearchParams } from "react-router";
import { billingMonth, useBill } from "@/api/queries/metering";
import type { Bill, BillItem } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { Page, Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { Duration, Money } from "@/ui/values";
import { Ledger } from "./ledger";

const SECONDS = 60;

export function UsagePage() {
  const t = useT();
  const [params, setParams] = useSearchParams();
  const month = params.get("month") ?? billingMonth(new Date());
  const query = useBill(month);
  return (
    <Page
      title={t("nav.usage")}
      sub={t("usage.intro")}
      actions={
        <DatePicker
          picker="month"
          allowClear={false}
          aria-label={t("usage.month")}
          value={dayjs(`${month}-01`)}
          disabledDate={(date) => date.format("YYYY-MM") > billingMonth(new Date())}
          onChange={(date) => {
            if (date) setParams({ month: date.format("YYYY-MM") }, { replace: true });
          }}
        />
      }
    >
      <QueryView query={query}>{(bill) => <BillView bill={bill} />}</QueryView>
      <AsCommand command={`bml bill --month ${month}`} />
    </Page>
  );
}

function BillView({ bill }: { readonly bill: Bill }) {
  const t = useT();
  return (
    <>
      <div className="ob-metrics" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))" }}>
        <div className="ob-metric" data-testid="bill-total">
          <b>
            <Money amount={bill.total} />
          </b>
          <span>{t("usage.total", { month: bill.month })}</span>
        </div>
        <div className="ob-metric">
          <b className="ob-num">{bill.accruing.length}</b>
          <span>{t("usage.running")}</span>
        </div>
      </div>
      <Tabs
        items={[
          { key: "bill", label: t("usage.bill"), children: <Items items={bill.items} empty={t("usage.noItems")} /> },
          { key: "accruing", label: t("usage.accruing"), children: <Items items={bill.accruing} empty={t("usage.noAccruing")} /> },
          { key: "allowances", label: t("usage.allowances"), children: <Allowances bill={bill} /> },
          { key: "ledger", label: t("usage.ledger"), children: <Ledger /> },
        ]}
      />
    </>
  );
}

function Items({ items, empty }: { readonly items: readonly BillItem[]; readonly empty: string }) {
  const t = useT();
  const maybeT = useMaybeT();
  const columns: TableColumnsType<BillItem> = [
    { title: t("usage.module"), dataIndex: "module", render: (module: string) => maybeT(`usage.module.${module}`) ?? module },
    {
      title: t("usage.resource"),
      render: (_, item) => (
        <>
          <div>{item.resource_name}</div>
          <div className="ob-muted ob-small">{`${maybeT(`usage.type.${item.resource_type}`) ?? item.resource_type} ${item.resource_id}`}</div>
        </>
      ),
    },
    { title: t("usage.machine"), dataIndex: "machine" },
    { title: t("usage.billed"), align: "right", render: (_, item) => <Duration seconds={item.billed_minutes * SECONDS} /> },
    { title: t("usage.free"), align: "right", render: (_, item) => <Duration seconds={item.free_minutes * SECONDS} /> },
    { title: t("usage.amount"), align: "right", dataIndex: "amount", render: (amount: string) => <Money amount={amount} /> },
  ];
  return (
    <Panel>
      {items.length === 0 ? (
        <EmptyState title={empty} />
      ) : (
        <Table
          rowKey={(item) => `${item.module} ${item.machine} ${item.resource_type} ${item.resource_id}`}
          columns={columns}
          dataSource={[...items]}
          pagination={false}
          scroll={{ x: "max-content" }}
        />
      )}
    </Panel>
  );
}

function Allowances({ bill }: { readonly bill: Bill }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const entries = bill.allowances.filter((allowance) => allowance.free_minutes > 0);
  return (
    <Panel>
      {entries.length === 0 ? (
        <EmptyState title={t("usage.noAllowances")} />
      ) : (
        <div className="ob-stack">
          {entries.map((allowance) => {
            const free = allowance.free_minutes;
            const used = allowance.used_minutes;
            const name = `${maybeT(`usage.module.${allowance.module}`) ?? allowance.module} · ${allowance.machine}`;
            return (
              <div key={name}>
                <div className="ob-between">
                  <span>{name}</span>
                  <span className="ob-muted ob-num">
                    {t("usage.usedOf", { used: format.duration(used * SECONDS), free: format.duration(free * SECONDS) })}
                  </span>
                </div>
                <Progress percent={Math.min(100, Math.round((used / free) * 1000) / 10)} aria-label={name} />
              </div>
            );
          })}
        </div>
      )}
    </Panel>
  );
}
