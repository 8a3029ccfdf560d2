import { Alert, Table, Tag, type TableColumnsType } from "antd";
import { useFrameworkName } from "@/api/queries/repository";
import type { ModelVersion, ModelVersionDetail } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useMaybeT, useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { Facts, Panel } from "@/ui/page";
import { useSourceName } from "./source-name";
import { Description } from "./version-description";

export function VersionOverview({ projectId, version }: { readonly projectId: number; readonly version: ModelVersionDetail }) {
  const t = useT();
  return (
    <div className="ob-stack">
      {version.failure ? <Alert type="error" showIcon role="alert" title={version.failure.message} /> : null}
      <VersionMetrics version={version} />
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 6" }}>
          <Kind projectId={projectId} version={version} />
          <Parity version={version} />
        </div>
        <div className="ob-stack" style={{ gridColumn: "span 6" }}>
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
      </div>
    </div>
  );
}

function Kind({ projectId, version }: { readonly projectId: number; readonly version: ModelVersion }) {
  const t = useT();
  const frameworkName = useFrameworkName(projectId);
  const maybeT = useMaybeT();
  const sourceName = useSourceName();
  return (
    <Panel title={t("models.kind")}>
      <Facts
        facts={[
          { label: t("models.source"), value: sourceName(version.source) },
          { label: t("models.network"), value: frameworkName(version) },
          { label: t("models.contract"), value: t(`models.contract.${version.contract}`) },
          { label: t("models.runsIn"), value: version.image ? <span className="ob-mono">{version.image}</span> : "–" },
          { label: t("models.deployments"), value: version.deployments.map((place) => maybeT(`models.deployment.${place}`) ?? place).join(", ") || "–" },
          { label: t("field.descriptionShort"), value: <Description projectId={projectId} version={version} /> },
        ]}
      />
    </Panel>
  );
}

function VersionMetrics({ version }: { readonly version: ModelVersion }) {
  const t = useT();
  const maybeT = useMaybeT();
  const format = useFormat();
  const numbers = Object.entries(version.metrics).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  if (numbers.length === 0 && version.recommended_threshold === null) return null;
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
