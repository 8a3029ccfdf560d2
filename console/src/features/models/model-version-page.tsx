import { CloudServerOutlined } from "@ant-design/icons";
import { Alert, Button, Skeleton, Table, Tabs, Tag, type TableColumnsType } from "antd";
import { lazy, Suspense } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { isPublishing, useModel, useModelVersion } from "@/api/queries/models";
import type { ModelVersion, ModelVersionDetail } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { AsCommand, CopyText } from "@/ui/copy";
import { Facts, Page, Panel } from "@/ui/page";
import { links, useIdParam, useProjectId } from "@/ui/project";
import { QueryView } from "@/ui/query-view";
import { StateTag } from "@/ui/state-tag";
import { LocalTime } from "@/ui/values";

const ApiReference = lazy(async () => ({ default: (await import("./api-reference/api-reference")).ApiReference }));
const Validate = lazy(async () => ({ default: (await import("./validate/validate")).Validate }));

export function ModelVersionPage() {
  const projectId = useProjectId();
  const modelId = useIdParam("modelId");
  const versionNumber = useIdParam("versionNumber");
  const query = useModelVersion(projectId, modelId, versionNumber);
  return <QueryView query={query}>{(version) => <VersionView projectId={projectId} version={version} />}</QueryView>;
}

interface ViewProps {
  readonly projectId: number;
  readonly version: ModelVersionDetail;
}

function VersionView({ projectId, version }: ViewProps) {
  const [params, setParams] = useSearchParams();
  const t = useT();
  const navigate = useNavigate();
  const model = useModel(projectId, version.model_id);
  const name = model.data?.name ?? "";
  const usable = !isPublishing(version.state) && version.state !== "failed";
  return (
    <Page
      title={`${name} V${version.version_number}`}
      crumbs={[
        { label: t("nav.models"), to: links.models(projectId) },
        { label: name, to: links.model(projectId, version.model_id) },
      ]}
      sub={
        <>
          <StateTag kind="model" state={version.state} />
          <span>{version.network}</span>
          <LocalTime at={version.created_at} />
        </>
      }
      actions={
        <Button
          type="primary"
          icon={<CloudServerOutlined />}
          disabled={!usable}
          onClick={() => void navigate(links.deploy(projectId, version.model_id, version.version_number))}
        >
          {t("services.deploy")}
        </Button>
      }
    >
      <Tabs
        activeKey={params.get("tab") ?? "overview"}
        onChange={(tab) => {
          setParams({ tab }, { replace: true });
        }}
        items={[
          { key: "overview", label: t("services.overview"), children: <Overview projectId={projectId} version={version} /> },
          {
            key: "validate",
            label: t("models.validate"),
            children: (
              <Suspense fallback={<Skeleton active />}>
                <Validate projectId={projectId} version={version} isUsable={usable} />
              </Suspense>
            ),
          },
          {
            key: "api",
            label: t("models.api"),
            children: (
              <Suspense fallback={<Skeleton active />}>
                <ApiReference projectId={projectId} modelId={version.model_id} version={version.version_number} />
              </Suspense>
            ),
          },
        ]}
      />
      <AsCommand command={`bml services deploy NAME --model ${version.model_id} --model-version ${version.version_number}`} />
    </Page>
  );
}

function Overview({ projectId, version }: ViewProps) {
  const t = useT();
  return (
    <div className="ob-stack">
      <VersionMetrics version={version} />
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 6" }}>
          <Parity version={version} />
          <Variants version={version} />
          <Panel title={t("samples.labels")}>
            <div className="ob-row">
              {version.labels.length === 0 ? "–" : null}
              {version.labels.map((label) => (
                <Tag key={label}>{label}</Tag>
              ))}
            </div>
          </Panel>
        </div>
        <div style={{ gridColumn: "span 6" }}>
          <Lineage projectId={projectId} version={version} />
        </div>
      </div>
    </div>
  );
}

function VersionMetrics({ version }: { readonly version: ModelVersion }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const numbers = Object.entries(version.metrics).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return (
    <div className="ob-metrics">
      {numbers.map(([metric, value]) => (
        <div key={metric} className="ob-metric">
          <b>{format.figure(metric, value)}</b>
          <span>{maybeT(`metric.${metric}`) ?? metric}</span>
        </div>
      ))}
      <div className="ob-metric">
        <b>{version.recommended_threshold === null ? "–" : format.number(version.recommended_threshold, 2)}</b>
        <span>{t("metric.recommended_threshold")}</span>
      </div>
    </div>
  );
}

function Parity({ version }: { readonly version: ModelVersion }) {
  const t = useT();
  const format = useFormat();
  const onnx = version.onnx;
  if (!onnx) return null;
  return (
    <Panel title={t("models.artefact")}>
      <div className="ob-stack-s">
        <Alert
          type={onnx.max_abs_diff <= onnx.tolerance ? "success" : "error"}
          showIcon
          title={t("models.parity", { difference: onnx.max_abs_diff.toExponential(2), tolerance: onnx.tolerance.toExponential(0) })}
        />
        <Facts
          facts={[
            { label: t("models.format"), value: t("models.onnx", { opset: String(onnx.opset) }) },
            { label: t("models.size"), value: version.size_bytes === null ? "–" : format.bytes(version.size_bytes) },
            { label: t("field.sha256"), value: <CopyText text={onnx.sha256} /> },
          ]}
        />
      </div>
    </Panel>
  );
}

/** The files of the version, each with what it was measured to do. */
function Variants({ version }: { readonly version: ModelVersion }) {
  const t = useT();
  const format = useFormat();
  if (version.variants.length < 2) return null;
  const columns: TableColumnsType<ModelVersion["variants"][number]> = [
    { title: t("models.precision"), render: (_, row) => (row.recommended ? `${row.precision} ★` : row.precision) },
    { title: t("models.size"), align: "right", render: (_, row) => format.bytes(row.size_bytes) },
    { title: t("models.quality"), align: "right", render: (_, row) => (typeof row.quality === "number" ? format.percent(row.quality, 2) : "–") },
    { title: t("models.qualityLoss"), align: "right", render: (_, row) => (typeof row.quality_loss === "number" ? format.percent(row.quality_loss, 2) : "–") },
    { title: t("models.latency"), align: "right", render: (_, row) => (typeof row.latency_ms === "number" ? `${format.number(row.latency_ms, 1)} ms` : "–") },
  ];
  return (
    <Panel title={t("models.variants")}>
      <Table size="small" rowKey="precision" columns={columns} dataSource={[...version.variants]} pagination={false} />
    </Panel>
  );
}

function Lineage({ projectId, version }: { readonly projectId: number; readonly version: ModelVersion }) {
  const t = useT();
  const lineage = version.lineage;
  const parameters = Object.entries(lineage.hyper_parameters);
  return (
    <Panel title={t("models.lineage")}>
      <Facts
        facts={[
          { label: t("runs.run"), value: version.run_id === null ? null : <Link to={links.run(projectId, version.run_id)}>{version.run_id}</Link> },
          {
            label: t("models.datasets"),
            value: (
              <span className="ob-row">
                {lineage.dataset_versions.map((source) => (
                  <Link key={source.dataset_id} to={links.dataset(projectId, source.dataset_id)}>
                    {`${source.dataset_id} V${source.version_number}`}
                  </Link>
                ))}
              </span>
            ),
          },
          { label: t("runs.snapshot"), value: <Digest text={lineage.snapshot_id} /> },
          { label: t("models.code"), value: <Digest text={lineage.code_digest} /> },
          { label: t("models.image"), value: <Digest text={lineage.image_digest} /> },
          ...parameters.map(([name, value]) => ({
            label: name,
            value: <span className="ob-mono">{typeof value === "string" ? value : JSON.stringify(value)}</span>,
          })),
        ]}
      />
    </Panel>
  );
}

function Digest({ text }: { readonly text: string | null | undefined }) {
  if (!text) return <>–</>;
  return (
    <span style={{ display: "block", overflow: "hidden", textOverflow: "ellipsis" }}>
      <CopyText text={text} />
    </span>
  );
}
