import type { AskedModel } from "@/api/prediction";
import { useAskValidation } from "@/api/queries/validations";
import type { ModelVersionDetail, Validation } from "@/api/types";
import { TryModel } from "@/ui/try-model/try-model";

interface Props {
  readonly projectId: number;
  readonly validation: Validation;
  readonly version: ModelVersionDetail;
}

/** The form that a deployed model of the same task is tried with, answered by the temporary service. */
export function TryVersion({ projectId, validation, version }: Props) {
  const ask = useAskValidation(projectId, validation.validation_id);
  const model: AskedModel = { name: `validation ${validation.validation_id}`, ask };
  return <TryModel taskType={validation.task_type} version={version} model={model} />;
}
