import { useMaybeT, useT } from "@/i18n";
import { Facts, Panel } from "@/ui/page";
import { cardFacts, type Card, type TabularReport } from "./tabular-report";

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
  const maybeT = useMaybeT();
  return (
    <Panel title={title}>
      <Facts facts={cardFacts(card).map(([name, value]) => ({ label: maybeT(`tabular.card.${name}`) ?? name.replaceAll("_", " "), value }))} />
    </Panel>
  );
}
