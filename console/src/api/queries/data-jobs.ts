import { useInfiniteQuery, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, reply } from "../client";
import type { Schemas } from "../types";
import { datasetKeys, versionPath, type VersionRef } from "./datasets";
import { nextCursor, pageQuery } from "./paging";

const VERSION = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}/versions/{version_number}";
const ONE = "/v1/datasets/projects/{project_id}/datasets/{dataset_id}";
const POLL_MS = 2000;

export type Export = Schemas["ExportView"];
export type NewExport = Schemas["NewExport"];
export type QualityReportJob = Schemas["QualityReportView"];
export type QualityReport = Schemas["QualityReport"];
export type Derivation = Schemas["DerivationView"];
export type Operator = Schemas["openbml_catalog__datasets__operators__Operator"];
export type Preview = Schemas["Preview"];
export type NewAugmentation = Schemas["NewAugmentation"];
export type JobState = Schemas["DataJobState"];
export type DerivationUse = "cleanings" | "augmentations";

const FINAL: ReadonlySet<JobState> = new Set(["finished", "failed", "cancelled"]);
export const isFinal = (state: JobState): boolean => FINAL.has(state);

type Pages = { readonly pages: { items: { state: JobState }[]; next_cursor?: string | null }[]; readonly pageParams: unknown[] };
/** Asked again while something is on its way. */
const whileRunning = (query: { state: { data: Pages | undefined } }): number | false =>
  query.state.data?.pages.some((page) => page.items.some((job) => !isFinal(job.state))) ? POLL_MS : false;

const jobPath = (ref: VersionRef, job_id: number) => ({ ...versionPath(ref), job_id });

export function useExports(ref: VersionRef) {
  return useInfiniteQuery({
    queryKey: [...datasetKeys.version(ref), "exports"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(`${VERSION}/exports`, { params: { path: versionPath(ref), query: pageQuery(pageParam, 20) } })),
    getNextPageParam: nextCursor,
    refetchInterval: whileRunning,
  });
}

export const startExport = (ref: VersionRef, body: NewExport) => reply(api.POST(`${VERSION}/exports`, { params: { path: versionPath(ref) }, body }));

export const readExport = (ref: VersionRef, export_id: number) =>
  reply(api.GET(`${VERSION}/exports/{export_id}`, { params: { path: { ...versionPath(ref), export_id } } }));

export const cancelExport = (ref: VersionRef, export_id: number) =>
  reply(api.POST(`${VERSION}/exports/{export_id}/cancel`, { params: { path: { ...versionPath(ref), export_id } } }));

export function useQualityReports(ref: VersionRef) {
  return useInfiniteQuery({
    queryKey: [...datasetKeys.version(ref), "quality-reports"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET(`${VERSION}/quality-reports`, { params: { path: versionPath(ref), query: pageQuery(pageParam, 20) } })),
    getNextPageParam: nextCursor,
    refetchInterval: whileRunning,
  });
}

export const startQualityReport = (ref: VersionRef, similar_distance: number) =>
  reply(api.POST(`${VERSION}/quality-reports`, { params: { path: versionPath(ref) }, body: { similar_distance } }));

export const cancelQualityReport = (ref: VersionRef, report_id: number) =>
  reply(api.POST(`${VERSION}/quality-reports/{report_id}/cancel`, { params: { path: { ...versionPath(ref), report_id } } }));

/** A finished report never changes. */
export function useQualityDocument(ref: VersionRef, report_id: number) {
  return useQuery({
    queryKey: [...datasetKeys.version(ref), "quality-document", report_id],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => reply(api.GET(`${VERSION}/quality-reports/{report_id}/document`, { params: { path: { ...versionPath(ref), report_id } } })),
  });
}

export function useOperators(ref: VersionRef) {
  return useQuery({
    queryKey: [...datasetKeys.one(ref.projectId, ref.datasetId), "operators"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => reply(api.GET(`${ONE}/operators`, { params: { path: { project_id: ref.projectId, dataset_id: ref.datasetId } } })),
  });
}

function derivationOptions(ref: VersionRef, use: DerivationUse) {
  return {
    queryKey: [...datasetKeys.version(ref), use],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      reply(api.GET(`${VERSION}/${use}`, { params: { path: versionPath(ref), query: pageQuery(pageParam, 20) } })),
    getNextPageParam: nextCursor,
  };
}

export function useDerivations(ref: VersionRef, use: DerivationUse) {
  return useInfiniteQuery({ ...derivationOptions(ref, use), refetchInterval: whileRunning });
}

/** The cleaning or augmentation that made a version, looked for among those of the versions before it. */
export function useMadeBy(ref: VersionRef, earlier: readonly number[]): Derivation | undefined {
  const uses: readonly DerivationUse[] = ["cleanings", "augmentations"];
  const asked = earlier.flatMap((versionNumber) => uses.map((use) => ({ ...ref, versionNumber, use })));
  const found = useQueries({
    queries: asked.map((one) => ({
      queryKey: [...datasetKeys.version(one), one.use, "first"],
      queryFn: () => reply(api.GET(`${VERSION}/${one.use}`, { params: { path: versionPath(one), query: pageQuery(undefined, 50) } })),
    })),
  });
  return found.flatMap((query) => query.data?.items ?? []).find((job) => job.target_version_number === ref.versionNumber);
}

export const startDerivation = (ref: VersionRef, use: DerivationUse, body: NewAugmentation) =>
  use === "cleanings"
    ? reply(api.POST(`${VERSION}/cleanings`, { params: { path: versionPath(ref) }, body: { operations: body.operations } }))
    : reply(api.POST(`${VERSION}/augmentations`, { params: { path: versionPath(ref) }, body }));

export async function previewDerivation(ref: VersionRef, use: DerivationUse, body: NewAugmentation, sample_ids: number[]): Promise<Preview[]> {
  const { operations, probability, copies, seed, least_visible } = body;
  const params = { path: versionPath(ref) };
  const found: { items: unknown } =
    use === "cleanings"
      ? await reply(api.POST(`${VERSION}/cleanings/previews`, { params, body: { operations, sample_ids } }))
      : await reply(api.POST(`${VERSION}/augmentations/previews`, { params, body: { operations, probability, copies, seed, least_visible, sample_ids } }));
  return found.items as Preview[];
}

export const cancelDerivation = (ref: VersionRef, use: DerivationUse, jobId: number) =>
  reply(api.POST(`${VERSION}/${use}/{job_id}/cancel`, { params: { path: jobPath(ref, jobId) } }));

/** Starts or ends a job; everything below the dataset is fetched again. */
export function useJobCall(ref: VersionRef) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (call: () => Promise<unknown>) => call(),
    onSettled: () => queries.invalidateQueries({ queryKey: datasetKeys.one(ref.projectId, ref.datasetId) }),
  });
}

