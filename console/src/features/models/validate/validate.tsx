import { ExperimentOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { useState } from "react";
import { ApiError } from "@/api/errors";
import { useStartValidation, useValidation } from "@/api/queries/validations";
import type { ModelVersionDetail, Validation } from "@/api/types";
import { useT } from "@/i18n";
import { TryMessages } from "@/i18n/try-messages";
import { EmptyState } from "@/ui/empty";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { pollMs } from "./pace";
import { rememberedValidation, rememberValidation } from "./remembered";
import { TryVersion } from "./try-version";
import { StartingPanel, ValidationBar } from "./validation-bar";

interface Props {
  readonly projectId: number;
  readonly version: ModelVersionDetail;
  /** It is published, so that its model can start. */
  readonly isUsable: boolean;
}

/** Tries a version of a model in a temporary service, which starts at a click only and ends by itself (spec 03 section 7.8). */
export function Validate(props: Props) {
  return (
    <TryMessages>
      <ValidateVersion {...props} />
    </TryMessages>
  );
}

function ValidateVersion({ projectId, version, isUsable }: Props) {
  const [validationId, setValidationId] = useState(() => rememberedValidation(version.model_id, version.version_number));
  const query = useValidation(projectId, validationId, (validation) => pollMs(validation, Date.now()));
  const start = useStartValidation(projectId);
  const starter: Starter = {
    isUsable,
    isStarting: start.isPending,
    error: start.error,
    start: (instead) => {
      start.mutate(
        { modelId: version.model_id, version: version.version_number, ...(instead === undefined ? {} : { instead }) },
        {
          onSuccess: (started) => {
            rememberValidation(version.model_id, version.version_number, started.validation_id);
            setValidationId(started.validation_id);
          },
        },
      );
    },
  };
  // The platform forgets old validations: what it no longer knows is not worth a failure.
  const isForgotten = query.error instanceof ApiError && query.error.isMissing;
  if (validationId === null || isForgotten) return <Invitation starter={starter} />;
  return <QueryView query={query}>{(validation) => <Running projectId={projectId} version={version} validation={validation} starter={starter} />}</QueryView>;
}

interface Starter {
  readonly isUsable: boolean;
  readonly isStarting: boolean;
  readonly error: Error | null;
  /** `instead`: a validation that failed, which ends first. */
  readonly start: (instead?: number) => void;
}

interface RunningProps {
  readonly projectId: number;
  readonly version: ModelVersionDetail;
  readonly validation: Validation;
  readonly starter: Starter;
}

function Running({ projectId, version, validation, starter }: RunningProps) {
  const t = useT();
  switch (validation.state) {
    case "starting":
      return (
        <div className="ob-stack">
          <ValidationBar projectId={projectId} validation={validation} />
          <StartingPanel validation={validation} />
        </div>
      );
    case "ready":
      return (
        <div className="ob-stack">
          <ValidationBar projectId={projectId} validation={validation} />
          <TryVersion key={validation.validation_id} projectId={projectId} validation={validation} version={version} />
        </div>
      );
    case "failed":
      return (
        <Panel>
          <div className="ob-stack">
            <Alert type="error" showIcon role="alert" title={t("validation.failed")} description={validation.failure?.message ?? t("validation.failedUnknown")} />
            <StartButton starter={starter} label={t("validation.again")} instead={validation.validation_id} />
          </div>
        </Panel>
      );
    case "ended":
      return (
        <Panel>
          <EmptyState title={t("validation.ended.title")} text={t("validation.ended.text")} action={<StartButton starter={starter} label={t("validation.again")} />} />
        </Panel>
      );
  }
}

function Invitation({ starter }: { readonly starter: Starter }) {
  const t = useT();
  return (
    <Panel>
      <EmptyState
        title={t("validation.intro.title")}
        text={starter.isUsable ? t("validation.intro.text") : t("validation.notUsable")}
        action={<StartButton starter={starter} label={t("validation.start")} />}
      />
    </Panel>
  );
}

interface ButtonProps {
  readonly starter: Starter;
  readonly label: string;
  readonly instead?: number;
}

function StartButton({ starter, label, instead }: ButtonProps) {
  const t = useT();
  return (
    <div className="ob-stack-s">
      <div>
        <Button
          type="primary"
          icon={<ExperimentOutlined />}
          disabled={!starter.isUsable}
          loading={starter.isStarting}
          onClick={() => {
            starter.start(instead);
          }}
        >
          {label}
        </Button>
      </div>
      {starter.error ? <Alert type="error" showIcon role="alert" title={problemText(starter.error, t)} /> : null}
    </div>
  );
}
