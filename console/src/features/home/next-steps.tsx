import { CheckCircleFilled, MinusCircleOutlined } from "@ant-design/icons";
import { Skeleton, theme } from "antd";
import { Link } from "react-router";
import { useDatasets } from "@/api/queries/datasets";
import { useApplications } from "@/api/queries/identity";
import { useModels } from "@/api/queries/models";
import { itemsOf } from "@/api/queries/paging";
import { useServices } from "@/api/queries/services";
import { useExperiments } from "@/api/queries/training";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { links } from "@/ui/project";
import { spineSteps, type Progress } from "./spine-steps";

/** The way to the first prediction; disappears from the mind once all is ticked. */
export function NextSteps({ projectId }: { readonly projectId: number }) {
  const t = useT();
  const { token } = theme.useToken();
  const datasets = useDatasets(projectId);
  const experiments = useExperiments(projectId);
  const models = useModels(projectId);
  const services = useServices(projectId);
  const applications = useApplications();
  const queries = [datasets, experiments, models, services, applications];
  const loading = queries.some((query) => query.isPending);
  const progress: Progress = {
    datasets: itemsOf(datasets.data).length,
    samples: itemsOf(datasets.data).reduce((sum, dataset) => sum + dataset.sample_count, 0),
    experiments: itemsOf(experiments.data).length,
    models: itemsOf(models.data).length,
    services: itemsOf(services.data).length,
    runningServices: itemsOf(services.data).filter((service) => service.state === "running").length,
    applications: itemsOf(applications.data).length,
  };
  const firstService = itemsOf(services.data)[0];
  const targets = {
    dataset: `${links.datasets(projectId)}?create=1`,
    import: links.datasets(projectId),
    train: links.experiments(projectId),
    publish: links.experiments(projectId),
    deploy: links.deploy(projectId),
    application: links.applications(projectId),
    predict: firstService ? `${links.service(projectId, firstService.service_id)}?tab=try` : links.services(projectId),
  } as const;
  return (
    <Panel title={t("home.next")}>
      {loading ? (
        <Skeleton active title={false} paragraph={{ rows: 7 }} />
      ) : (
        <ol className="ob-steps">
          {spineSteps(progress).map((step) => (
            <li key={step.name}>
              <span aria-label={step.done ? t("home.done") : t("home.open")} role="img">
                {step.done ? <CheckCircleFilled style={{ color: token.colorSuccess }} /> : <MinusCircleOutlined style={{ color: token.colorTextSecondary }} />}
              </span>
              <span style={{ fontWeight: step.current ? 600 : 400 }}>{t(`home.step.${step.name}`)}</span>
              {step.current ? <Link to={targets[step.name]}>{t("home.doNow")}</Link> : <Link to={targets[step.name]} className="ob-small">{t("home.goTo")}</Link>}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
