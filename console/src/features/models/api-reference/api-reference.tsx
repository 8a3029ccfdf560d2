import { Table, Tabs, type TableColumnsType } from "antd";
import { useApiReference } from "@/api/queries/models";
import type { Schemas } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import { TabularMessages } from "@/i18n/tabular-messages";
import { CodeBlock } from "@/ui/code-block";
import { CopyText } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { QueryView } from "@/ui/query-view";
import { curlCall, pythonCall } from "./snippets";

type Reference = Schemas["ApiReference"];

interface Props {
  readonly projectId: number;
  readonly modelId: number;
  readonly version: number;
}

/** How a version is called once it is deployed, with its own features and classes (spec 08 section 7). */
export function ApiReference({ projectId, modelId, version }: Props) {
  const query = useApiReference(projectId, modelId, version);
  return (
    <TabularMessages>
      <QueryView query={query}>{(reference) => <Sections reference={reference} />}</QueryView>
    </TabularMessages>
  );
}

function Sections({ reference }: { readonly reference: Reference }) {
  const t = useT();
  const address = `${window.location.origin}${reference.path}`;
  return (
    <div className="ob-stack" data-testid="api-reference">
      <Panel title={t("services.address")}>
        <div className="ob-stack-s">
          <span className="ob-mono" style={{ overflowWrap: "anywhere" }}>
            {reference.method} <CopyText text={address} />
          </span>
          <span className="ob-small ob-muted">{t("tabular.api.suffix")}</span>
        </div>
      </Panel>
      <div className="ob-grid">
        <div className="ob-stack" style={{ gridColumn: "span 7" }}>
          <Fields title={t("tabular.api.query")} fields={reference.query} />
          <Fields title={t("tabular.api.request", { type: reference.content_type })} fields={reference.request} />
          {reference.features.length > 0 ? <Features features={reference.features} /> : null}
          <Fields title={t("tabular.api.response")} fields={reference.response} isAnswer />
          <Errors errors={reference.errors} />
        </div>
        <div style={{ gridColumn: "span 5" }}>
          <Examples reference={reference} address={address} />
        </div>
      </div>
    </div>
  );
}

interface FieldsProps {
  readonly title: string;
  readonly fields: readonly Schemas["ApiField"][];
  /** Members of an answer are there or not; nobody has to send them. */
  readonly isAnswer?: boolean;
}

function Fields({ title, fields, isAnswer = false }: FieldsProps) {
  const t = useT();
  const said = useSaid();
  const required: TableColumnsType<Schemas["ApiField"]>[number] = {
    title: t("tabular.api.required"),
    width: 92,
    render: (_, field) => (field.required ? t("tabular.yes") : field.default ? t("tabular.api.default", { value: field.default }) : t("tabular.no")),
  };
  const columns: TableColumnsType<Schemas["ApiField"]> = [
    { title: t("field.name"), width: 172, render: (_, field) => <span className="ob-mono ob-breaks">{field.name}</span> },
    { title: t("tabular.api.type"), width: 112, dataIndex: "type" },
    ...(isAnswer ? [] : [required]),
    { title: t("tabular.api.meaning"), render: (_, field) => said(field.text_en, field.text_zh) },
  ];
  return (
    <Panel title={title}>
      <div className="ob-wide" tabIndex={0} role="region" aria-label={title}>
        <Table size="small" rowKey="name" tableLayout="fixed" style={{ minWidth: 560 }} columns={columns} dataSource={[...fields]} pagination={false} />
      </div>
    </Panel>
  );
}

const FEATURES_PAGE = 20;
const CHOICES_SHOWN = 6;

function Features({ features }: { readonly features: readonly Schemas["TableFeature"][] }) {
  const t = useT();
  const maybeT = useMaybeT();
  const columns: TableColumnsType<Schemas["TableFeature"]> = [
    { title: t("tabular.api.feature"), width: 172, render: (_, feature) => <span className="ob-mono ob-breaks">{feature.name}</span> },
    { title: t("tabular.kind"), width: 90, render: (_, feature) => maybeT(`tabular.kind.${feature.kind}`) ?? feature.kind },
    { title: t("tabular.api.example"), width: 130, render: (_, feature) => <span className="ob-breaks">{feature.example ?? "–"}</span> },
    {
      title: t("tabular.api.values"),
      render: (_, feature) => (feature.choices.length === 0 ? "–" : `${feature.choices.slice(0, CHOICES_SHOWN).join(", ")}${feature.choices.length > CHOICES_SHOWN ? " …" : ""}`),
    },
  ];
  return (
    <Panel title={t("tabular.api.features", { count: features.length })}>
      <div className="ob-wide" tabIndex={0} role="region" aria-label={t("tabular.api.feature")}>
        <Table size="small" rowKey="name" tableLayout="fixed" style={{ minWidth: 560 }} columns={columns} dataSource={[...features]} pagination={{ pageSize: FEATURES_PAGE, hideOnSinglePage: true, showSizeChanger: false }} />
      </div>
    </Panel>
  );
}

function Errors({ errors }: { readonly errors: readonly Schemas["ApiError"][] }) {
  const t = useT();
  const said = useSaid();
  const columns: TableColumnsType<Schemas["ApiError"]> = [
    { title: t("tabular.api.code"), width: 96, render: (_, error) => <span className="ob-num">{error.code}</span> },
    { title: t("tabular.api.message"), width: 210, render: (_, error) => <span className="ob-mono ob-breaks">{error.message}</span> },
    { title: t("tabular.api.meaning"), render: (_, error) => said(error.text_en, error.text_zh) },
  ];
  return (
    <Panel title={t("tabular.api.errors")}>
      <div className="ob-wide" tabIndex={0} role="region" aria-label={t("tabular.api.errors")}>
        <Table size="small" rowKey="code" tableLayout="fixed" style={{ minWidth: 560 }} columns={columns} dataSource={[...errors]} pagination={false} />
      </div>
    </Panel>
  );
}

function Examples({ reference, address }: { readonly reference: Reference; readonly address: string }) {
  const t = useT();
  const origin = window.location.origin;
  const request = JSON.stringify(reference.example_request, null, 2);
  return (
    <div className="ob-stack">
      <Panel title={t("services.call")}>
        <Tabs
          size="small"
          items={[
            { key: "curl", label: "curl", children: <CodeBlock text={curlCall(address, origin, request)} /> },
            { key: "python", label: "Python", children: <CodeBlock text={pythonCall(address, origin, reference.example_request)} /> },
          ]}
        />
      </Panel>
      <Panel title={t("tabular.api.exampleRequest")}>
        <CodeBlock text={request} />
      </Panel>
      <Panel title={t("tabular.api.exampleResponse")}>
        <CodeBlock text={JSON.stringify(reference.example_response, null, 2)} />
      </Panel>
    </div>
  );
}
