import type { ReactNode } from "react";
import { useT } from "@/i18n";
import { EmptyState } from "../empty";
import { Panel } from "../page";
import { ExchangeView, type Exchange } from "./exchange";
import { TryFailure } from "./try-failure";

interface Props {
  readonly title: string;
  readonly input: ReactNode;
  readonly state: { readonly isPending: boolean; readonly isIdle: boolean; readonly error: Error | null };
  readonly result: ReactNode;
  readonly exchange: Exchange | null;
}

/** What is put in on one side, what comes out on the other. */
export function TryPanels({ title, input, state, result, exchange }: Props) {
  const t = useT();
  return (
    <div className="ob-grid">
      <div className="ob-stack" style={{ gridColumn: "span 6" }}>
        <Panel title={title}>
          <div className="ob-stack">{input}</div>
        </Panel>
      </div>
      <div style={{ gridColumn: "span 6" }}>
        <Panel title={t("tryIt.result")}>
          <div aria-live="polite" className="ob-stack">
            {state.isPending ? <p className="ob-muted">{t("tryIt.waiting")}</p> : null}
            {state.error ? <TryFailure error={state.error} /> : null}
            {result}
            {state.isIdle ? <EmptyState title={t("tryIt.empty")} /> : null}
            <ExchangeView exchange={exchange} />
          </div>
        </Panel>
      </div>
    </div>
  );
}
