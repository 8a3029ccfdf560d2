import { useMaybeT, useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import { Facts, Panel } from "@/ui/page";
import { cardFacts, cardRemarks, type Card, type TabularReport } from "./tabular-report";

/** What the data were and what the model is, as it would be handed over. */
export function Cards({ report }: { readonly report: TabularReport }) {
  const t = useT();
  const both = [
    { title: t("tabular.dataCard"), card: report.data_card },
    { title: t("tabular.modelCard"), card: report.model_card },
  ];
  return (
    <div className="ob-grid" data-testid="cards">
      {both.map(({ title, card }) =>
        card ? (
          <div key={title} style={{ gridColumn: "span 6" }}>
            <CardPanel title={title} card={card} />
          </div>
        ) : null,
      )}
    </div>
  );
}

function CardPanel({ title, card }: { readonly title: string; readonly card: Card }) {
  const t = useT();
  const maybeT = useMaybeT();
  const said = useSaid();
  const nameOf = (name: string): string => maybeT(`tabular.card.${name.replaceAll(".", "_")}`) ?? name.replaceAll(/[._]/g, " ");
  return (
    <Panel title={title}>
      <div className="ob-stack">
        <Facts facts={cardFacts(card).map(([name, value]) => ({ label: nameOf(name), value }))} />
        {cardRemarks(card).map(({ name, remarks }) => (
          <div key={name}>
            <h3 className="ob-h3">{nameOf(name)}</h3>
            <ul className="ob-remarks">
              {remarks.map((remark) => (
                <li key={remark.message_en}>{said(remark.message_en, remark.message_zh)}</li>
              ))}
            </ul>
          </div>
        ))}
        {cardRemarks(card).length === 0 && cardFacts(card).length === 0 ? <span className="ob-muted">{t("tabular.cardEmpty")}</span> : null}
      </div>
    </Panel>
  );
}
