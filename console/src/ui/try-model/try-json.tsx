import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Input } from "antd";
import { useState, type ReactNode } from "react";
import { parseOrNull, type AskedModel } from "@/api/prediction";
import { useT } from "@/i18n";
import { CodeBlock } from "../code-block";
import { useRecorded } from "./exchange";
import { exampleRequest } from "./framework-examples";
import { TryPanels } from "./try-panels";

interface Props {
  readonly framework: string | null;
  readonly model: AskedModel;
  readonly caller?: ReactNode;
}

/** Asks a model that has its framework's own API: the request as JSON (spec 08 section 8). */
export function TryJson({ framework, model, caller }: Props) {
  const t = useT();
  const [text, setText] = useState(() => JSON.stringify(exampleRequest(framework), null, 2));
  const { ask, exchange } = useRecorded(model.ask);
  const predict = useMutation({ mutationFn: (request: object) => ask(request) });
  const parsed = parseOrNull(text);
  const request = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : null;
  return (
    <TryPanels
      title={t("tryIt.request")}
      state={predict}
      exchange={exchange}
      result={predict.data ? <CodeBlock text={JSON.stringify(predict.data.document.result ?? predict.data.document, null, 2)} /> : null}
      input={
        <>
          {caller}
          <Input.TextArea className="ob-mono" rows={14} spellCheck={false} value={text} aria-label={t("tryIt.request")} status={request ? "" : "error"} onChange={(event) => { setText(event.target.value); }} />
          {request ? null : <Alert type="error" showIcon role="alert" title={t("tryIt.notJson")} />}
          <div className="ob-row">
            <Button type="primary" disabled={!request} loading={predict.isPending} onClick={() => { if (request) predict.mutate(request); }}>
              {t("tryIt.ask")}
            </Button>
            <Button onClick={() => { setText(JSON.stringify(exampleRequest(framework), null, 2)); }}>{t("tryIt.example")}</Button>
          </div>
        </>
      }
    />
  );
}
