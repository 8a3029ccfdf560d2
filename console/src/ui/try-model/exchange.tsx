import { Collapse } from "antd";
import { useCallback, useState } from "react";
import type { Answer, Ask } from "@/api/prediction";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { CodeBlock } from "../code-block";
import { CopyText } from "../copy";
import { shortened } from "./task-input";

export interface Exchange {
  readonly request: object;
  readonly answer: Answer;
}

/** The same ask, that remembers what was sent last and what came back. */
export function useRecorded(ask: Ask): { readonly ask: Ask; readonly exchange: Exchange | null } {
  const [exchange, setExchange] = useState<Exchange | null>(null);
  const recorded = useCallback<Ask>(
    async (request) => {
      setExchange(null);
      const answer = await ask(request);
      setExchange({ request, answer });
      return answer;
    },
    [ask],
  );
  return { ask: recorded, exchange };
}

/** What went over the line, for who writes a program next. */
export function ExchangeView({ exchange }: { readonly exchange: Exchange | null }) {
  const t = useT();
  const format = useFormat();
  if (!exchange) return null;
  const { request, answer } = exchange;
  return (
    <div className="ob-stack-s" data-testid="exchange">
      <div className="ob-row ob-small ob-muted">
        <span>{t("tryIt.took", { ms: format.number(answer.tookMs) })}</span>
        {answer.logId ? (
          <span>
            {t("field.logId")} <CopyText text={answer.logId} />
          </span>
        ) : null}
      </div>
      <Collapse
        size="small"
        items={[
          { key: "request", label: t("tryIt.request"), children: <CodeBlock text={JSON.stringify(shortened(request), null, 2)} /> },
          { key: "reply", label: t("tryIt.reply"), children: <CodeBlock text={replyText(answer.text)} /> },
        ]}
      />
    </div>
  );
}

const SHOWN_CHARACTERS = 20_000;

/** The text as it came: parsed and written again it would lose digits of the log id. */
function replyText(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length})` : text;
}
