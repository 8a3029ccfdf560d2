import { useParams } from "react-router";

/** The project in the address; every page of the shell is below `/projects/:projectId`. */
export function useProjectId(): number {
  return useIdParam("projectId");
}

export function useIdParam(name: string): number {
  const value = Number(useParams()[name]);
  return Number.isSafeInteger(value) ? value : 0;
}

export const links = {
  home: (project: number) => `/projects/${project}`,
  datasets: (project: number) => `/projects/${project}/datasets`,
  dataset: (project: number, dataset: number) => `/projects/${project}/datasets/${dataset}`,
  /** The samples of a version whose name holds the text. */
  samplesNamed: (project: number, dataset: number, version: number, name: string) =>
    `/projects/${project}/datasets/${dataset}?${new URLSearchParams({ version: String(version), tab: "samples", q: name }).toString()}`,
  experiments: (project: number) => `/projects/${project}/experiments`,
  experiment: (project: number, experiment: number) => `/projects/${project}/experiments/${experiment}`,
  newRun: (project: number, experiment: number, base?: number) => `/projects/${project}/experiments/${experiment}/new-run${base === undefined ? "" : `?base=${base}`}`,
  newRunOfSubnet: (project: number, experiment: number, run: number, subnet: number) => `/projects/${project}/experiments/${experiment}/new-run?subnet=${run}:${subnet}`,
  comparison: (project: number, experiment: number, runs: readonly number[]) => `/projects/${project}/experiments/${experiment}/comparison?runs=${runs.join(",")}`,
  search: (project: number, search: number) => `/projects/${project}/searches/${search}`,
  run: (project: number, run: number) => `/projects/${project}/runs/${run}`,
  report: (project: number, run: number) => `/projects/${project}/runs/${run}/report`,
  models: (project: number) => `/projects/${project}/models`,
  publish: (project: number, run: number) => `/projects/${project}/models/publish?run=${run}`,
  model: (project: number, model: number) => `/projects/${project}/models/${model}`,
  modelVersion: (project: number, model: number, version: number) => `/projects/${project}/models/${model}/versions/${version}`,
  modelImport: (project: number, model: number) => `/projects/${project}/models/${model}/import`,
  versionComparison: (project: number, model: number, versions: readonly number[]) => `/projects/${project}/models/${model}/comparison?versions=${versions.join(",")}`,
  services: (project: number) => `/projects/${project}/services`,
  deploy: (project: number, model?: number, version?: number) =>
    `/projects/${project}/services/new${model === undefined ? "" : `?model=${model}&version=${version ?? 1}`}`,
  service: (project: number, service: number) => `/projects/${project}/services/${service}`,
  batches: (project: number) => `/projects/${project}/batch-predictions`,
  newBatch: (project: number) => `/projects/${project}/batch-predictions/new`,
  batch: (project: number, batch: number) => `/projects/${project}/batch-predictions/${batch}`,
  statistics: (project: number) => `/projects/${project}/statistics`,
  applications: (project: number) => `/projects/${project}/applications`,
  usage: (project: number) => `/projects/${project}/usage`,
} as const;
