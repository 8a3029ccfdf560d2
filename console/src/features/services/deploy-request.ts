import type { NewService } from "@/api/queries/service-changes";
import type { Variant } from "@/api/serving";

export interface DeployValues {
  readonly name: string;
  readonly suffix: string;
  readonly model_id: number;
  readonly model_version: number;
  readonly variant?: Variant;
  readonly compute_units: number;
  readonly instances: number;
  /** Without resources for now: the service waits for them. */
  readonly later: boolean;
}

export function deployRequest({ name, later, variant = "fp32", compute_units, instances, suffix, model_id, model_version }: DeployValues): NewService {
  return { name: name.trim(), suffix, model_id, model_version, variant, compute_units: later ? null : compute_units, instances: later ? null : instances };
}

export function deployCommand(values: Partial<DeployValues>, serviceId: number | null): string {
  const size = values.later ? " --without-machines" : ` --compute-units ${values.compute_units ?? ""} --instances ${values.instances ?? ""}`;
  if (serviceId !== null) return `bml services change ${serviceId} --model-version ${values.model_version ?? ""}`;
  return `bml services deploy ${JSON.stringify(values.name ?? "")} --suffix ${values.suffix ?? ""} --model ${values.model_id ?? ""} --model-version ${values.model_version ?? ""}${size}`;
}
