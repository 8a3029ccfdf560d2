import { Alert } from "antd";
import { Link } from "react-router";
import type { Run } from "@/api/types";
import { useLanguage, useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import type { Hint } from "./report";

interface Props {
  readonly projectId: number;
  readonly hints: readonly Hint[];
  readonly run: Run | undefined;
}

const LISTED = 12;

/** What to do about the data, with the samples that show why. */
export function Hints({ projectId, hints, run }: Props) {
  const t = useT();
  const chinese = useLanguage() === "zh-CN";
  if (hints.length === 0) return null;
  return (
    <Panel title={t("report.hints")}>
      <div className="ob-stack-s" data-testid="hints">
        {hints.map((hint, index) => (
          <Alert
            key={`${hint.code}-${index}`}
            type={hint.severity === "warning" ? "warning" : "info"}
            showIcon
            title={chinese ? hint.message_zh : hint.message_en}
            description={hint.samples.length > 0 ? <HintSamples projectId={projectId} samples={hint.samples} run={run} /> : null}
          />
        ))}
      </div>
    </Panel>
  );
}

function HintSamples({ projectId, samples, run }: { readonly projectId: number; readonly samples: Hint["samples"]; readonly run: Run | undefined }) {
  const t = useT();
  const versions = run ? [...run.training_data, ...run.evaluation_data] : [];
  const [only] = versions;
  return (
    <span className="ob-row ob-small">
      {samples.slice(0, LISTED).map((sample) =>
        only ? (
          <Link key={sample.sample_id} to={links.samplesNamed(projectId, only.dataset_id, only.version_number, sample.name)}>
            {sample.name}
          </Link>
        ) : (
          <span key={sample.sample_id}>{sample.name}</span>
        ),
      )}
      {samples.length > LISTED ? <span>{t("report.moreSamples", { count: samples.length - LISTED })}</span> : null}
    </span>
  );
}
