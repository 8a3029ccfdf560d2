import { createBrowserRouter, type RouteObject } from "react-router";
import { RouteFailure } from "./route-failure";
import { RequireSession } from "./require-session";
import { Shell } from "./shell";
import { StartPage } from "./start-page";

type PageModule = Record<string, unknown>;

/** A page is downloaded when it is first opened. */
function page<M extends PageModule>(load: () => Promise<M>, name: keyof M): Pick<RouteObject, "lazy"> {
  return { lazy: async () => ({ Component: (await load())[name] as React.ComponentType }) };
}

export const routes: RouteObject[] = [
  {
    ErrorBoundary: RouteFailure,
    HydrateFallback: () => null,
    children: [
      { path: "/sign-in", ...page(() => import("@/features/session/sign-in-page"), "SignInPage") },
      {
        Component: RequireSession,
        children: [
          { path: "/", Component: StartPage },
          {
            path: "/projects/:projectId",
            Component: Shell,
            children: [
              {
                ErrorBoundary: RouteFailure,
                children: [
                  { index: true, ...page(() => import("@/features/home/home-page"), "HomePage") },
                  { path: "datasets", ...page(() => import("@/features/datasets/datasets-page"), "DatasetsPage") },
                  { path: "datasets/:datasetId", ...page(() => import("@/features/datasets/dataset-page"), "DatasetPage") },
                  {
                    ...page(() => import("@/features/training/training-texts"), "TrainingTexts"),
                    children: [
                      { path: "experiments", ...page(() => import("@/features/training/experiments/experiments-page"), "ExperimentsPage") },
                      {
                        path: "experiments/:experimentId",
                        ...page(() => import("@/features/training/experiments/experiment-page"), "ExperimentPage"),
                      },
                      {
                        path: "experiments/:experimentId/new-run",
                        ...page(() => import("@/features/training/wizard/new-run-page"), "NewRunPage"),
                      },
                      {
                        path: "experiments/:experimentId/comparison",
                        ...page(() => import("@/features/training/comparison/comparison-page"), "ComparisonPage"),
                      },
                      { path: "searches/:searchId", ...page(() => import("@/features/training/search/search-page"), "SearchPage") },
                      { path: "runs/:runId", ...page(() => import("@/features/training/run/run-page"), "RunPage") },
                      { path: "runs/:runId/report", ...page(() => import("@/features/training/report/report-page"), "ReportPage") },
                    ],
                  },
                  {
                    ...page(() => import("./serving-texts"), "ServingTexts"),
                    children: [
                      { path: "models", ...page(() => import("@/features/models/models-page"), "ModelsPage") },
                      { path: "models/publish", ...page(() => import("@/features/models/publish-page"), "PublishPage") },
                      { path: "models/:modelId", ...page(() => import("@/features/models/model-page"), "ModelPage") },
                      { path: "models/:modelId/import", ...page(() => import("@/features/models/importing/import-page"), "ImportPage") },
                      {
                        path: "models/:modelId/comparison",
                        ...page(() => import("@/features/models/comparison/version-comparison-page"), "VersionComparisonPage"),
                      },
                      {
                        path: "models/:modelId/versions/:versionNumber",
                        ...page(() => import("@/features/models/model-version-page"), "ModelVersionPage"),
                      },
                      { path: "services", ...page(() => import("@/features/services/services-page"), "ServicesPage") },
                      { path: "services/new", ...page(() => import("@/features/services/deploy-page"), "DeployPage") },
                      { path: "services/:serviceId", ...page(() => import("@/features/services/service-page"), "ServicePage") },
                      { path: "batch-predictions", ...page(() => import("@/features/batch/batch-page"), "BatchPage") },
                      { path: "batch-predictions/new", ...page(() => import("@/features/batch/new-batch-page"), "NewBatchPage") },
                      { path: "batch-predictions/:batchId", ...page(() => import("@/features/batch/batch-detail-page"), "BatchDetailPage") },
                      { path: "statistics", ...page(() => import("@/features/statistics/statistics-page"), "StatisticsPage") },
                    ],
                  },
                  {
                    path: "applications",
                    ...page(() => import("@/features/applications/applications-page"), "ApplicationsPage"),
                  },
                  { path: "usage", ...page(() => import("@/features/usage/usage-page"), "UsagePage") },
                ],
              },
            ],
          },
        ],
      },
      { path: "*", ...page(() => import("./missing-page"), "MissingPage") },
    ],
  },
];

export const router = createBrowserRouter(routes);
