import { Alert, App, Button, InputNumber, Segmented, Switch } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { cancelDerivation, startDerivation, useDerivations, useJobCall, useOperators, type Derivation, type DerivationUse, type Operator } from "@/api/queries/data-jobs";
import type { VersionRef } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import type { DatasetKind } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { EmptyState } from "@/ui/empty";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { JobCard } from "../jobs/job-card";
import { OperatorForm } from "./operator-form";
import { bodyOf, deriveCommand, FIRST_ORDER, toggled, type Order } from "./operations";
import { Previews } from "./previews";

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly mayWrite: boolean;
  /** An operator that a quality report advised. */
  readonly advised: string | null;
}

/** Cleaning or augmentation of this version into a new one. */
export function Derivations({ refTo, kind, mayWrite, advised }: Props) {
  const t = useT();
  const [use, setUse] = useState<DerivationUse>("cleanings");
  const operators = useOperators(refTo);
  return (
    <div className="ob-stack">
      <Panel
        title={t("derive.title")}
        extra={
          <Segmented<DerivationUse>
            aria-label={t("derive.use")}
            value={use}
            onChange={setUse}
            options={(["cleanings", "augmentations"] as const).map((value) => ({ value, label: t(`derive.${value}`) }))}
          />
        }
      >
        <div className="ob-stack-s">
          <span className="ob-muted">{t(`derive.${use}.intro`)}</span>
          {mayWrite ? (
            <QueryView query={operators}>
              {(found) => {
                const possible: readonly Operator[] = use === "cleanings" ? found.cleaning : found.augmentation;
                if (possible.length === 0) return <EmptyState title={t("derive.none")} />;
                return <OrderForm key={`${use} ${advised ?? ""}`} refTo={refTo} kind={kind} use={use} operators={possible} advised={advised} />;
              }}
            </QueryView>
          ) : (
            <Alert type="info" showIcon title={t("problem.noWrite")} />
          )}
        </div>
      </Panel>
      <DerivationList refTo={refTo} use={use} mayWrite={mayWrite} />
    </div>
  );
}

interface FormProps {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly use: DerivationUse;
  readonly operators: readonly Operator[];
  readonly advised: string | null;
}

function OrderForm({ refTo, kind, use, operators, advised }: FormProps) {
  const t = useT();
  const { message } = App.useApp();
  const call = useJobCall(refTo);
  const suggested = operators.find((operator) => operator.code === advised);
  const [order, setOrder] = useState<Order>(suggested ? toggled(FIRST_ORDER, suggested, true) : FIRST_ORDER);
  const nothing = order.operations.length === 0;
  return (
    <div className="ob-stack-s">
      <OperatorForm operators={operators} order={order} onChange={setOrder} />
      {use === "augmentations" ? <Copies order={order} onChange={setOrder} /> : null}
      <Previews key={JSON.stringify(order)} refTo={refTo} kind={kind} use={use} order={order} />
      <div className="ob-row">
        <Button
          type="primary"
          disabled={nothing}
          loading={call.isPending}
          onClick={() => {
            call.mutate(() => startDerivation(refTo, use, bodyOf(order)), {
              onSuccess: () => {
                setOrder(FIRST_ORDER);
              },
              onError: (error) => void message.error(problemText(error, t)),
            });
          }}
        >
          {t(`derive.${use}.start`)}
        </Button>
        <span className="ob-muted ob-small">{nothing ? t("derive.choose") : t("derive.newVersion")}</span>
      </div>
      <AsCommand command={deriveCommand(refTo.datasetId, refTo.versionNumber, use, order)} />
    </div>
  );
}

const MOST_COPIES = 20;

function Copies({ order, onChange }: { readonly order: Order; readonly onChange: (order: Order) => void }) {
  const t = useT();
  return (
    <div className="ob-row" style={{ gap: 24 }}>
      <label className="ob-row ob-small">
        {t("derive.copies")}
        <InputNumber size="small" min={1} max={MOST_COPIES} precision={0} value={order.copies} onChange={(copies) => { onChange({ ...order, copies: copies ?? 1 }); }} />
      </label>
      <label className="ob-row ob-small">
        {t("derive.probability")}
        <InputNumber size="small" min={0.05} max={1} step={0.05} value={order.probability} onChange={(probability) => { onChange({ ...order, probability: probability ?? 1 }); }} />
      </label>
      <label className="ob-row ob-small">
        {t("derive.seed")}
        <InputNumber size="small" min={0} max={2 ** 31 - 1} precision={0} value={order.seed} onChange={(seed) => { onChange({ ...order, seed: seed ?? 0 }); }} />
      </label>
      <label className="ob-row ob-small">
        <Switch size="small" checked={order.keepOriginals} onChange={(keepOriginals) => { onChange({ ...order, keepOriginals }); }} />
        {t("derive.keepOriginals")}
      </label>
    </div>
  );
}

function DerivationList({ refTo, use, mayWrite }: { readonly refTo: VersionRef; readonly use: DerivationUse; readonly mayWrite: boolean }) {
  const query = useDerivations(refTo, use);
  return (
    <QueryView query={query}>
      {(data) => (
        <>
          {itemsOf(data).map((job) => (
            <DerivationCard key={job.job_id} refTo={refTo} use={use} job={job} mayWrite={mayWrite} />
          ))}
          <LoadMore query={query} />
        </>
      )}
    </QueryView>
  );
}

interface CardProps {
  readonly refTo: VersionRef;
  readonly use: DerivationUse;
  readonly job: Derivation;
  readonly mayWrite: boolean;
}

function DerivationCard({ refTo, use, job, mayWrite }: CardProps) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const operations = Array.isArray(job.settings.operations) ? (job.settings.operations as { code?: unknown }[]) : [];
  const names = operations.map((operation) => String(operation.code)).map((code) => maybeT(`operator.${code}`) ?? code);
  const { result } = job;
  return (
    <JobCard
      refTo={refTo}
      kind={use}
      id={job.job_id}
      job={job}
      title={names.join(", ") || t(`derive.${use}`)}
      cancel={mayWrite ? () => cancelDerivation(refTo, use, job.job_id) : null}
      actions={<Link to={`${links.dataset(refTo.projectId, refTo.datasetId)}?version=${job.target_version_number}`}>{t("derive.target", { version: job.target_version_number })}</Link>}
    >
      {result ? (
        <div className="ob-row ob-small ob-muted ob-num">
          {(["read", "unchanged", "changed", "dropped", "copies"] as const)
            .filter((name) => result[name] > 0)
            .map((name) => (
              <span key={name}>{t(`derive.count.${name}`, { count: format.number(result[name]) })}</span>
            ))}
        </div>
      ) : null}
    </JobCard>
  );
}
