import { Collapse, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import type { VersionRef } from "@/api/queries/datasets";
import { useLabelList } from "@/api/queries/labels";
import { itemsOf } from "@/api/queries/paging";
import type { SampleFilter } from "@/api/queries/samples";
import type { DatasetKind, Label } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { LoadMore } from "@/ui/more";
import { Panel } from "@/ui/page";
import { labelColour } from "@/ui/picture/label-colour";
import { QueryView } from "@/ui/query-view";
import type { FilterChange } from "./filters";

interface Props {
  readonly refTo: VersionRef;
  readonly kind: DatasetKind;
  readonly params: URLSearchParams;
  readonly filter: SampleFilter;
  readonly onChange: (change: FilterChange) => void;
}

const MANY_LABELS = 12;

export function FilterPanel({ refTo, kind, params, filter, onChange }: Props) {
  const t = useT();
  return (
    <Panel title={t("samples.filter")}>
      <div className="ob-stack-s">
        <Input.Search
          key={params.get("q") ?? ""}
          allowClear
          defaultValue={params.get("q") ?? ""}
          aria-label={t("samples.searchName")}
          placeholder={t("samples.searchName")}
          onSearch={(q) => {
            onChange({ q });
          }}
        />
        <States filter={filter} onChange={onChange} />
        <Labels refTo={refTo} kind={kind} filter={filter} onChange={onChange} />
        <More params={params} filter={filter} onChange={onChange} />
      </div>
    </Panel>
  );
}

type PartProps = Pick<Props, "filter" | "onChange">;

function States({ filter, onChange }: PartProps) {
  const t = useT();
  const row = (state: "labelled" | "unlabelled" | null) => (
    <li key={state ?? "all"}>
      <button
        type="button"
        aria-pressed={filter.annotation_state === state && filter.label === null}
        onClick={() => {
          onChange({ state, label: null, source: null });
        }}
      >
        {state ? t(`samples.${state}`) : t("samples.all")}
      </button>
    </li>
  );
  return <ul className="ob-filter">{[row(null), row("labelled"), row("unlabelled")]}</ul>;
}

function Labels({ refTo, kind, filter, onChange }: Pick<Props, "refTo" | "kind" | "filter" | "onChange">) {
  const t = useT();
  const [search, setSearch] = useState("");
  const query = useLabelList(refTo, search, "count");
  const all = itemsOf(query.data);
  return (
    <section aria-label={t("samples.labels")}>
      <h3 className="ob-small ob-muted" style={{ margin: "4px 0", fontWeight: 500 }}>
        {t("samples.labels")}
      </h3>
      {search || all.length > MANY_LABELS ? (
        <Input.Search
          size="small"
          allowClear
          aria-label={t("labels.search")}
          placeholder={t("labels.search")}
          onSearch={setSearch}
          style={{ marginBottom: 6 }}
        />
      ) : null}
      <QueryView query={query}>
        {(data) => (
          <>
            <ul className="ob-filter" style={{ maxHeight: 320, overflow: "auto" }}>
              {itemsOf(data).map((label) => (
                <LabelRow key={label.name} label={label} name={shownName(kind, label, t("samples.similar.1"), t("samples.similar.0"))} chosen={filter.label === label.name} onChange={onChange} />
              ))}
            </ul>
            <LoadMore query={query} />
          </>
        )}
      </QueryView>
    </section>
  );
}

function shownName(kind: DatasetKind, label: Label, similar: string, different: string): string {
  if (kind.annotation_form !== "similarity") return label.name;
  return label.name === "1" ? similar : different;
}

function LabelRow({ label, name, chosen, onChange }: { readonly label: Label; readonly name: string; readonly chosen: boolean; readonly onChange: Props["onChange"] }) {
  const format = useFormat();
  return (
    <li>
      <button
        type="button"
        aria-pressed={chosen}
        onClick={() => {
          onChange({ label: chosen ? null : label.name, state: null });
        }}
      >
        <span style={{ overflowWrap: "anywhere" }}>
          <span className="ob-dot" style={{ color: label.colour ?? labelColour(label.name), marginInlineEnd: 7 }} aria-hidden />
          {name}
        </span>
        <span className="ob-num ob-muted">{format.number(label.sample_count)}</span>
      </button>
    </li>
  );
}

function More({ params, filter, onChange }: PartProps & { readonly params: URLSearchParams }) {
  const t = useT();
  const opened = ["source", "minKb", "maxKb", "from", "to"].some((name) => params.has(name));
  const day = (name: "from" | "to") => (
    <label className="ob-between ob-small">
      {t(`samples.${name}`)}
      <Input
        type="date"
        size="small"
        style={{ width: 150 }}
        value={params.get(name) ?? ""}
        onChange={(event) => {
          onChange({ [name]: event.target.value });
        }}
      />
    </label>
  );
  const size = (name: "minKb" | "maxKb") => (
    <InputNumber
      min={0}
      style={{ width: "100%" }}
      aria-label={t(`samples.${name}`)}
      placeholder={t(`samples.${name}`)}
      value={params.get(name) ? Number(params.get(name)) : null}
      onChange={(value) => {
        onChange({ [name]: value === null ? null : String(value) });
      }}
    />
  );
  return (
    <Collapse
      ghost
      size="small"
      defaultActiveKey={opened ? ["more"] : []}
      items={[
        {
          key: "more",
          label: t("samples.moreFilters"),
          children: (
            <div className="ob-stack-s">
              <Select
                allowClear
                aria-label={t("samples.source")}
                placeholder={t("samples.source")}
                value={filter.annotation_source ?? null}
                options={(["imported", "human", "smart"] as const).map((source) => ({ value: source, label: t(`samples.source.${source}`) }))}
                onChange={(source: string | undefined) => {
                  onChange({ source: source ?? null, ...(source && filter.annotation_state === "unlabelled" ? { state: null } : {}) });
                }}
              />
              <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: 8 }}>
                {size("minKb")}
                {size("maxKb")}
              </div>
              {day("from")}
              {day("to")}
            </div>
          ),
        },
      ]}
    />
  );
}
