import { Button, Input, Switch } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Run } from "@/api/types";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { useLogTail } from "./use-log-tail";

interface Props {
  readonly projectId: number;
  readonly run: Run;
  readonly pollMs: number | false;
}

/** The lines the training printed; new ones are appended, the search keeps matching lines only. */
export function RunLogs({ projectId, run, pollMs }: Props) {
  const t = useT();
  const tail = useLogTail(projectId, run.run_id, pollMs);
  const [search, setSearch] = useState("");
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLPreElement>(null);
  const shown = useMemo(() => {
    const wanted = search.toLowerCase();
    return wanted ? tail.lines.filter((line) => line.toLowerCase().includes(wanted)) : tail.lines;
  }, [tail.lines, search]);
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, follow]);
  if (tail.error && tail.lines.length === 0) return <Problem error={tail.error} onRetry={tail.refetch} />;
  return (
    <Panel
      title={t("runs.logs")}
      extra={
        <div className="ob-row">
          <Input.Search
            allowClear
            size="small"
            aria-label={t("runs.logs.search")}
            placeholder={t("runs.logs.search")}
            style={{ width: 240 }}
            onSearch={setSearch}
          />
          <span className="ob-row ob-small">
            <Switch size="small" checked={follow} onChange={setFollow} aria-label={t("runs.logs.follow")} />
            {t("runs.logs.follow")}
          </span>
          <Button
            size="small"
            disabled={tail.lines.length === 0}
            onClick={() => {
              void navigator.clipboard.writeText(shown.join("\n"));
            }}
          >
            {t("action.copy")}
          </Button>
        </div>
      }
    >
      <pre ref={box} className="ob-code ob-log" tabIndex={0} aria-label={t("runs.logs")}>
        {shown.length > 0 ? shown.join("\n") : search ? t("runs.logs.noMatch") : t("runs.logs.empty")}
      </pre>
    </Panel>
  );
}
