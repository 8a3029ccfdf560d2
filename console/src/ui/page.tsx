import { useEffect, type ReactNode } from "react";
import { Link } from "react-router";
import { useT } from "@/i18n";

export interface Crumb {
  readonly label: string;
  readonly to: string;
}

interface Props {
  readonly title: string;
  readonly crumbs?: readonly Crumb[];
  readonly sub?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, crumbs = [], sub, actions, children }: Props) {
  const t = useT();
  useEffect(() => {
    document.title = `${title} · OpenBML`;
  }, [title]);
  return (
    <div className="ob-page">
      <header className="ob-head ob-between">
        <div style={{ minWidth: 0 }}>
          {crumbs.length > 0 ? (
            <nav aria-label={t("nav.breadcrumb")}>
              {crumbs.map((crumb) => (
                <span key={crumb.to}>
                  <Link to={crumb.to}>{crumb.label}</Link>
                  {" / "}
                </span>
              ))}
            </nav>
          ) : null}
          <h1>{title}</h1>
          {sub ? <div className="ob-sub">{sub}</div> : null}
        </div>
        {actions ? <div className="ob-row">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}

export function Panel({ title, extra, children }: { readonly title?: string; readonly extra?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="ob-panel" aria-label={title}>
      {title ? (
        <div className="ob-between" style={{ marginBottom: 12 }}>
          <h2 className="ob-h2" style={{ fontSize: 14 }}>
            {title}
          </h2>
          {extra}
        </div>
      ) : null}
      {children}
    </section>
  );
}

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="ob-facts">
      {facts.map((fact) => (
        <div key={fact.label} style={{ display: "contents" }}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
