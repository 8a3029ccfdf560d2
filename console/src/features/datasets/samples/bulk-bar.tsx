import { App, AutoComplete, Button, Progress, Select } from "antd";
import { useRef, useState } from "react";
import type { VersionRef } from "@/api/queries/datasets";
import { useLabelList } from "@/api/queries/labels";
import { itemsOf } from "@/api/queries/paging";
import { startOperation, useRefreshSamples, type SampleFilter } from "@/api/queries/samples";
import type { DatasetKind } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { OperationProgress } from "../operation-progress";
import { applyTo } from "./apply-action";
import { bulkActions, forEachSample, needsLabel, type ActionKind } from "./bulk";

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly filter: SampleFilter;
  readonly total: number;
  readonly selected: ReadonlySet<number>;
  readonly mayManage: boolean;
  readonly onDone: () => void;
}

/** One action on the selected samples, or on all that the filter finds. */
export function BulkBar({ refTo, kind, filter, total, selected, mayManage, onDone }: Props) {
  const t = useT();
  const format = useFormat();
  const { modal, message } = App.useApp();
  const refresh = useRefreshSamples(refTo);
  const [everything, setEverything] = useState(false);
  const [operation, setOperation] = useState<number | null>(null);
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number } | null>(null);
  const stop = useRef<AbortController | null>(null);
  const possible = bulkActions(kind, mayManage);
  const count = everything ? total : selected.size;

  const finish = (): void => {
    setEverything(false);
    refresh();
    onDone();
  };
  const runOnSelected = async (action: ActionKind, label: string): Promise<void> => {
    const ids = [...selected];
    const abort = new AbortController();
    stop.current = abort;
    setProgress({ done: 0, of: ids.length });
    const outcome = await forEachSample(ids, (id) => applyTo(refTo, id, action, label), ({ done, failures }) => { setProgress({ done: done + failures.length, of: ids.length }); }, abort.signal);
    setProgress(null);
    const [first] = outcome.failures;
    if (first === undefined) void message.success(t("bulk.done", { count: outcome.done }));
    else void message.error(t("bulk.partly", { done: outcome.done, failed: outcome.failures.length, reason: problemText(first, t) }));
    finish();
  };
  const run = (action: ActionKind, label: string): void => {
    const begin = async (): Promise<void> => {
      if (!everything) {
        await runOnSelected(action, label);
        return;
      }
      try {
        const started = await startOperation(refTo, filter, { kind: action, ...(needsLabel(action) ? { label } : {}) });
        setOperation(started.operation_id);
      } catch (error) {
        void message.error(problemText(error, t));
      }
    };
    if (action !== "delete_samples" && action !== "clear_annotations") {
      void begin();
      return;
    }
    modal.confirm({
      title: t(`bulk.${action}.title`, { count }),
      content: t(`bulk.${action}.text`),
      okText: t(`bulk.${action}`),
      okButtonProps: { danger: true },
      onOk: () => {
        void begin();
      },
    });
  };

  if (operation !== null) {
    return (
      <OperationProgress
        refTo={refTo}
        operationId={operation}
        onEnd={finish}
        onClose={() => {
          setOperation(null);
        }}
      />
    );
  }
  if (progress) {
    return (
      <div className="ob-bulk" role="status">
        <Progress percent={Math.floor((progress.done / Math.max(1, progress.of)) * 100)} style={{ flex: 1, margin: 0 }} aria-label={t("bulk.running")} />
        <Button size="small" onClick={() => stop.current?.abort()}>
          {t("action.stop")}
        </Button>
      </div>
    );
  }
  if (count === 0 || possible.length === 0) {
    return possible.length === 0 || total === 0 ? null : (
      <div>
        <Button
          size="small"
          onClick={() => {
            setEverything(true);
          }}
        >
          {t("bulk.takeAll", { count: format.number(total) })}
        </Button>
      </div>
    );
  }
  return (
    <div className="ob-bulk" data-testid="bulk">
      <strong className="ob-num">{t("bulk.selected", { count })}</strong>
      {!everything && count < total ? (
        <Button
          size="small"
          type="link"
          onClick={() => {
            setEverything(true);
          }}
        >
          {t("bulk.takeAll", { count: format.number(total) })}
        </Button>
      ) : null}
      <ActionForm refTo={refTo} kind={kind} possible={possible} onRun={run} />
      <Button
        size="small"
        type="text"
        onClick={() => {
          setEverything(false);
          onDone();
        }}
      >
        {t("bulk.none")}
      </Button>
    </div>
  );
}

interface FormProps {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly possible: readonly ActionKind[];
  readonly onRun: (action: ActionKind, label: string) => void;
}

function ActionForm({ refTo, kind, possible, onRun }: FormProps) {
  const t = useT();
  const [action, setAction] = useState<ActionKind>(possible[0] ?? "clear_annotations");
  const [label, setLabel] = useState("");
  const labels = itemsOf(useLabelList(refTo, "", "count").data);
  const options =
    kind.annotation_form === "similarity"
      ? (["1", "0"] as const).map((value) => ({ value, label: t(`samples.similar.${value}`) }))
      : labels.map((one) => ({ value: one.name, label: one.name }));
  return (
    <>
      <Select<ActionKind>
        size="small"
        aria-label={t("bulk.action")}
        value={action}
        style={{ minWidth: 150 }}
        options={possible.map((value) => ({ value, label: t(`bulk.${value}`) }))}
        onChange={setAction}
      />
      {needsLabel(action) ? (
        <AutoComplete
          size="small"
          aria-label={t("labels.name")}
          placeholder={t("labels.name")}
          style={{ width: 160 }}
          value={label}
          options={options}
          showSearch={{ filterOption: (input, option) => (option?.value ?? "").toLowerCase().includes(input.toLowerCase()) }}
          onChange={setLabel}
        />
      ) : null}
      <Button
        size="small"
        type="primary"
        danger={action === "delete_samples"}
        disabled={needsLabel(action) && label.trim() === ""}
        onClick={() => {
          onRun(action, label.trim());
        }}
      >
        {t("bulk.apply")}
      </Button>
    </>
  );
}
