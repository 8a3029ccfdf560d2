import { DeleteOutlined } from "@ant-design/icons";
import { Alert, App, Button, Radio, Select } from "antd";
import { ApiError } from "@/api/errors";
import type { VersionRef } from "@/api/queries/datasets";
import { useLabelList } from "@/api/queries/labels";
import { itemsOf } from "@/api/queries/paging";
import { clearAnnotation, deleteSample, replaceAnnotation, useEditSample } from "@/api/queries/samples";
import type { Annotation, DatasetKind, SampleDetail } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { labelColour } from "@/ui/picture/label-colour";
import { problemText } from "@/ui/problem-text";
import { LocalTime } from "@/ui/values";

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly sample: SampleDetail;
  readonly mayWrite: boolean;
  readonly mayManage: boolean;
  readonly onDeleted: () => void;
}

const EMPTY: Annotation = { labels: [], regions: [], spans: [], tags: [] };
const CONFLICT = 409;

/** Classes are set here; regions and spans are shown, and drawn on the labelling page. */
export function AnnotationEditor({ refTo, kind, sample, mayWrite, mayManage, onDeleted }: Props) {
  const t = useT();
  const { modal, message } = App.useApp();
  const edit = useEditSample(refTo, sample.sample_id);
  const annotation = sample.annotation ?? EMPTY;
  const change = (labels: string[]): void => {
    edit.mutate(() =>
      labels.length === 0 && annotation.regions.length + annotation.spans.length === 0
        ? clearAnnotation(refTo, sample.sample_id, sample.annotation_revision)
        : replaceAnnotation(refTo, sample.sample_id, { ...annotation, labels }, sample.annotation_revision),
    );
  };
  const remove = (): void => {
    modal.confirm({
      title: t("samples.delete.title", { name: sample.name }),
      content: t("samples.delete.text"),
      okText: t("action.delete"),
      okButtonProps: { danger: true },
      onOk: () =>
        edit.mutateAsync(() => deleteSample(refTo, sample.sample_id)).then(onDeleted, (error: unknown) => void message.error(problemText(error, t))),
    });
  };
  const editable = mayWrite && kind.online_annotation;
  return (
    <div className="ob-stack-s">
      {kind.annotation_form === "classes" ? <Classes refTo={refTo} kind={kind} labels={annotation.labels} disabled={!editable || edit.isPending} onChange={change} /> : null}
      {kind.annotation_form === "similarity" ? (
        <Radio.Group
          optionType="button"
          disabled={!editable || edit.isPending}
          value={annotation.labels[0] ?? null}
          options={(["1", "0"] as const).map((value) => ({ value, label: t(`samples.similar.${value}`) }))}
          onChange={(event) => {
            change([String(event.target.value)]);
          }}
        />
      ) : null}
      <Objects annotation={annotation} />
      {edit.error ? (
        <Alert
          type="error"
          showIcon
          title={edit.error instanceof ApiError && edit.error.status === CONFLICT ? t("samples.conflict") : problemText(edit.error, t)}
        />
      ) : null}
      <div className="ob-muted ob-small">
        {sample.annotation_source ? t(`samples.source.${sample.annotation_source}`) : t("samples.unlabelled")}
        {sample.annotated_at ? <> · <LocalTime at={sample.annotated_at} /></> : null}
        {" · "}
        {t("samples.revision", { number: sample.annotation_revision })}
      </div>
      <div className="ob-row">
        {editable && sample.labelled ? (
          <Button
            size="small"
            loading={edit.isPending}
            onClick={() => {
              edit.mutate(() => clearAnnotation(refTo, sample.sample_id, sample.annotation_revision));
            }}
          >
            {t("samples.clear")}
          </Button>
        ) : null}
        {mayManage ? (
          <Button size="small" icon={<DeleteOutlined />} onClick={remove}>
            {t("samples.delete")}
          </Button>
        ) : null}
      </div>
      {mayWrite && !kind.online_annotation ? <p className="ob-muted ob-small">{t("samples.importOnly")}</p> : null}
    </div>
  );
}

interface ClassesProps {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly labels: readonly string[];
  readonly disabled: boolean;
  readonly onChange: (labels: string[]) => void;
}

function Classes({ refTo, kind, labels, disabled, onChange }: ClassesProps) {
  const t = useT();
  const known = itemsOf(useLabelList(refTo, "", "count").data).map((label) => ({ value: label.name, label: label.name }));
  return (
    <Select
      mode="tags"
      aria-label={t("samples.labels")}
      placeholder={t("samples.chooseLabel")}
      disabled={disabled}
      value={[...labels]}
      options={known}
      tokenSeparators={["\n"]}
      style={{ width: "100%" }}
      onChange={(chosen: string[]) => {
        onChange(kind.several ? chosen : chosen.slice(-1));
      }}
    />
  );
}

const LISTED = 60;

/** Regions, spans and tags as a list. */
function Objects({ annotation }: { readonly annotation: Annotation }) {
  const t = useT();
  const format = useFormat();
  const rows = [
    ...annotation.regions.map((region) => ({ label: region.label, text: region.text ?? (region.box ? [region.box.x1, region.box.y1, region.box.x2, region.box.y2].map((value) => format.number(value)).join(", ") : t(region.mask ? "samples.mask" : "samples.polygon")) })),
    ...annotation.spans.map((span) => ({ label: span.label, text: span.text })),
  ];
  if (rows.length === 0) return null;
  return (
    <ul className="ob-list ob-small" style={{ maxHeight: 280, overflow: "auto" }} aria-label={t("samples.objects")}>
      {rows.slice(0, LISTED).map((row, index) => (
        <li key={index}>
          <span>
            <span className="ob-dot" style={{ color: labelColour(row.label), marginInlineEnd: 6 }} aria-hidden />
            {row.label}
          </span>
          <span className="ob-muted" style={{ overflowWrap: "anywhere" }}>{row.text}</span>
        </li>
      ))}
      {rows.length > LISTED ? <li className="ob-muted">{t("samples.moreObjects", { count: rows.length - LISTED })}</li> : null}
    </ul>
  );
}
