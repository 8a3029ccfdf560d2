import { App, Button, Radio, Select } from "antd";
import { useState } from "react";
import { usePermissions } from "@/api/queries/identity";
import { useMarkCall } from "@/api/queries/service-calls";
import type { CallDetail } from "@/api/serving";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";

interface Props {
  readonly projectId: number;
  readonly serviceId: number;
  readonly call: CallDetail;
}

/** Whether the answer was right, and what it should have been; A/B tests and new data live on it. */
export function MarkCall({ projectId, serviceId, call }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [correct, setCorrect] = useState<boolean | null>(call.feedback?.correct ?? null);
  const [expected, setExpected] = useState<string[]>(call.feedback?.expected ?? []);
  const mark = useMarkCall(projectId, serviceId);
  const mayWrite = usePermissions(projectId).has("services.write");
  return (
    <Panel title={t("calls.mark")}>
      <div className="ob-stack-s">
        <Radio.Group aria-label={t("calls.mark")} value={correct} disabled={!mayWrite} onChange={(event) => { setCorrect(event.target.value as boolean); }}>
          <Radio value={true}>{t("calls.right")}</Radio>
          <Radio value={false}>{t("calls.wrong")}</Radio>
        </Radio.Group>
        {correct === false ? (
          <label className="ob-stack-s">
            <span>{t("calls.expected")}</span>
            <Select mode="tags" open={false} suffix={null} aria-label={t("calls.expected")} value={expected} onChange={setExpected} tokenSeparators={[","]} />
            <span className="ob-small ob-muted">{t("calls.expectedHelp")}</span>
          </label>
        ) : null}
        <div>
          <Button
            type="primary"
            disabled={correct === null || !mayWrite}
            loading={mark.isPending}
            onClick={() => {
              if (correct === null) return;
              mark.mutate(
                { logId: call.log_id, feedback: { correct, expected: correct ? [] : expected } },
                { onSuccess: () => void message.success(t("calls.marked")), onError: (error) => void message.error(problemText(error, t)) },
              );
            }}
          >
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
