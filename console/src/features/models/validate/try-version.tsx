import { Skeleton } from "antd";
import { lazy, Suspense } from "react";
import type { AskedModel } from "@/api/prediction";
import { useAskValidation } from "@/api/queries/validations";
import { TABULAR_TASK } from "@/api/tabular";
import type { ModelVersionDetail, Validation } from "@/api/types";
import { TryPicture } from "@/ui/try-model/try-picture";

const WhatIf = lazy(async () => ({ default: (await import("@/ui/what-if/what-if")).WhatIf }));

interface Props {
  readonly projectId: number;
  readonly validation: Validation;
  readonly version: ModelVersionDetail;
}

/** The form that a deployed model of the same task is tried with, answered by the temporary service. */
export function TryVersion({ projectId, validation, version }: Props) {
  const ask = useAskValidation(projectId, validation.validation_id);
  const model: AskedModel = { name: `validation ${validation.validation_id}`, ask };
  if (validation.task_type !== TABULAR_TASK) return <TryPicture taskType={validation.task_type} model={model} />;
  return (
    <Suspense fallback={<Skeleton active />}>
      <WhatIf table={version.table ?? null} threshold={version.recommended_threshold} model={model} />
    </Suspense>
  );
}
