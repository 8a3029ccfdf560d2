import { Skeleton } from "antd";
import { lazy, Suspense, type ReactNode } from "react";
import type { AskedModel } from "@/api/prediction";
import type { ModelVersionDetail } from "@/api/types";
import { inputOf } from "./task-input";
import { TryPicture } from "./try-picture";

const WhatIf = lazy(async () => ({ default: (await import("@/ui/what-if/what-if")).WhatIf }));
const TryText = lazy(async () => ({ default: (await import("./try-text")).TryText }));
const TrySound = lazy(async () => ({ default: (await import("./try-sound")).TrySound }));
const TryJson = lazy(async () => ({ default: (await import("./try-json")).TryJson }));

interface Props {
  readonly taskType: string;
  readonly version: ModelVersionDetail;
  readonly model: AskedModel;
  /** In whose name is asked, where that can be chosen. */
  readonly caller?: ReactNode;
}

/** The form that a model of the task is tried with. */
export function TryModel({ taskType, version, model, caller }: Props) {
  const kind = inputOf(taskType, version.contract);
  if (kind === "picture") return <TryPicture taskType={taskType} model={model} caller={caller} />;
  return (
    <Suspense fallback={<Skeleton active />}>
      {kind === "rows" ? <WhatIf table={version.table ?? null} threshold={version.recommended_threshold} model={model} caller={caller} /> : null}
      {kind === "text" || kind === "pair" ? <TryText taskType={taskType} model={model} caller={caller} /> : null}
      {kind === "sound" ? <TrySound model={model} caller={caller} /> : null}
      {kind === "json" ? <TryJson framework={version.framework} model={model} caller={caller} /> : null}
    </Suspense>
  );
}
