import { App, Button, Progress } from "antd";
import { useEffect, useRef } from "react";
import type { VersionRef } from "@/api/queries/datasets";
import { cancelOperation, isOver, useOperation } from "@/api/queries/samples";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly refTo: VersionRef;
  readonly operationId: number;
  readonly onEnd: () => void;
  readonly onClose: () => void;
}

/** A bulk operation on its way: how far it is, how many samples it changed, and a way to stop it. */
export function OperationProgress({ refTo, operationId, onEnd, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const query = useOperation(refTo, operationId);
  const over = query.data !== undefined && isOver(query.data);
  const told = useRef(false);
  useEffect(() => {
    if (!over || told.current) return;
    told.current = true;
    onEnd();
  });
  return (
    <QueryView query={query}>
      {(operation) => {
        const percent = operation.state === "finished" ? 100 : Math.floor((operation.chunks_done / Math.max(1, operation.chunk_count)) * 100);
        return (
          <div className="ob-bulk" role="status" data-testid="operation" data-state={operation.state}>
            <span className="ob-num">
              {t(`bulk.state.${operation.state}`)} · {t("bulk.changed", { changed: operation.changed, matched: operation.matched })}
            </span>
            <Progress
              percent={percent}
              status={operation.state === "failed" ? "exception" : over ? "success" : "active"}
              style={{ flex: 1, minWidth: 120, margin: 0 }}
              aria-label={t("bulk.running")}
            />
            {operation.failure ? <span role="alert" className="ob-fault">{operation.failure}</span> : null}
            {over ? (
              <Button size="small" onClick={onClose}>
                {t("action.close")}
              </Button>
            ) : (
              <Button
                size="small"
                onClick={() => {
                  cancelOperation(refTo, operationId).then(
                    () => query.refetch(),
                    (error: unknown) => void message.error(problemText(error, t)),
                  );
                }}
              >
                {t("action.stop")}
              </Button>
            )}
          </div>
        );
      }}
    </QueryView>
  );
}
