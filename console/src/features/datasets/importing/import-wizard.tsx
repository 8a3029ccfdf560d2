import { App, Button, Segmented } from "antd";
import { useState } from "react";
import { useDatasetKinds, type VersionRef } from "@/api/queries/datasets";
import { useTablePreview } from "@/api/queries/imports";
import type { DataFormat, Dataset, DatasetKind, NewImport } from "@/api/types";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { kindOf } from "../dataset-kind";
import { startImport } from "../upload/upload-target";
import { uploads } from "../upload/uploads";
import { FileChoice } from "./file-choice";
import { FormatChoice } from "./format-choice";
import { formatFor, importCommand, importFormats, refuseFiles, suffixOf } from "./import-choice";
import { SourceChoice, type SourceVersion } from "./source-choice";
import { TableChoice, UNTOUCHED_TABLE } from "./table-choice";
import { columnFault, columnLists, columnsOf } from "./table-columns";

interface Props {
  readonly refTo: VersionRef;
  readonly dataset: Dataset;
  readonly onStarted: () => void;
}

type Way = "files" | "dataset";

/** From "what do you have" to a running import, on one page. */
export function ImportWizard({ refTo, dataset, onStarted }: Props) {
  const t = useT();
  const [way, setWay] = useState<Way>("files");
  const copies = dataset.data_type !== "table"; // tables are imported from files only
  return (
    <Panel
      title={t("imports.start")}
      extra={
        !copies ? null : <Segmented<Way>
          aria-label={t("imports.way")}
          value={way}
          onChange={setWay}
          options={[
            { value: "files", label: t("imports.way.files") },
            { value: "dataset", label: t("imports.way.dataset") },
          ]}
        />
      }
    >
      <QueryView query={useDatasetKinds()}>
        {(catalogue) => {
          const kind = kindOf(catalogue.items, dataset);
          if (!kind) return null;
          if (way === "dataset") return <FromDataset refTo={refTo} dataset={dataset} onStarted={onStarted} />;
          return <FromFiles refTo={refTo} dataset={dataset} kind={kind} formats={catalogue.formats} onStarted={onStarted} />;
        }}
      </QueryView>
    </Panel>
  );
}

function useStart(onStarted: () => void) {
  const t = useT();
  const { message } = App.useApp();
  const [starting, setStarting] = useState(false);
  const start = (begin: () => Promise<unknown>, then: () => void): void => {
    setStarting(true);
    begin()
      .then(() => {
        then();
        onStarted();
      })
      .catch((error: unknown) => void message.error(problemText(error, t)))
      .finally(() => {
        setStarting(false);
      });
  };
  return { starting, start };
}

interface FilesProps extends Props {
  readonly kind: DatasetKind;
  readonly formats: readonly DataFormat[];
}

const PREVIEWED = new Set([".csv", ".txt", ".tsv"]);

function FromFiles({ refTo, dataset, kind, formats, onStarted }: FilesProps) {
  const t = useT();
  const { starting, start } = useStart(onStarted);
  const groups = importFormats(kind, formats);
  const possible = groups.flatMap(([, found]) => found);
  const [code, setCode] = useState(possible[0]?.code ?? "");
  const [files, setFiles] = useState<readonly File[]>([]);
  const [table, setTable] = useState(UNTOUCHED_TABLE);
  const format = possible.find((one) => one.code === code) ?? possible[0];
  const first = files[0] ?? null;
  const previewed = kind.content === "rows" && first && PREVIEWED.has(suffixOf(first.name)) ? first : null;
  const preview = useTablePreview(refTo.projectId, previewed, { ...table.settings, columns: null });
  if (!format) return null;
  const refusal = files.length > 0 ? refuseFiles(format, files) : null;
  const columnsWrong = table.columns !== null && columnFault(table.columns) !== null;
  const body: NewImport = {
    format: format.code,
    files: files.map((file) => ({ name: file.name, size_bytes: file.size })),
    ...(kind.content === "rows" ? { table: { ...table.settings, columns: table.columns && preview.data ? columnLists(table.columns, columnsOf(preview.data)) ?? null : null } } : {}),
  };
  return (
    <div className="ob-grid">
      <div style={{ gridColumn: "span 5" }}>
        <FormatChoice groups={groups} value={format.code} onChange={setCode} />
      </div>
      <div style={{ gridColumn: "span 7" }} className="ob-stack-s">
        <FileChoice
          format={format}
          files={files}
          refusal={refusal}
          onChange={(chosen) => {
            setFiles(chosen);
            setCode(formatFor(format, possible, chosen).code);
            if (chosen[0] !== first) setTable(UNTOUCHED_TABLE);
          }}
        />
      </div>
      {kind.content === "rows" && first && !refusal ? (
        <div style={{ gridColumn: "1 / -1" }}>
          <TableChoice projectId={refTo.projectId} file={previewed} value={table} hasRows={dataset.sample_count > 0} onChange={setTable} />
        </div>
      ) : null}
      <div style={{ gridColumn: "1 / -1" }} className="ob-stack-s">
        <div className="ob-row">
          <Button
            type="primary"
            loading={starting}
            disabled={files.length === 0 || refusal !== null || columnsWrong}
            onClick={() => {
              start(
                () => uploads.start(refTo, body, files, onStarted),
                () => {
                  setFiles([]);
                  setTable(UNTOUCHED_TABLE);
                },
              );
            }}
          >
            {t("imports.begin")}
          </Button>
          <span className="ob-muted ob-small">{t("imports.beginHelp")}</span>
        </div>
        <AsCommand command={importCommand(refTo.datasetId, refTo.versionNumber, format.code, files.map((file) => file.name))} />
      </div>
    </div>
  );
}

function FromDataset({ refTo, dataset, onStarted }: Props) {
  const t = useT();
  const { starting, start } = useStart(onStarted);
  const [source, setSource] = useState<SourceVersion | null>(null);
  const same = source?.dataset_id === refTo.datasetId && source.version_number === refTo.versionNumber;
  const labels = source?.labels.map((label) => ` --label ${JSON.stringify(label)}`).join("") ?? "";
  return (
    <div className="ob-stack-s" style={{ maxWidth: 720 }}>
      <SourceChoice refTo={refTo} dataset={dataset} value={source} onChange={setSource} />
      <div>
        <Button
          type="primary"
          loading={starting}
          disabled={!source || same}
          onClick={() => {
            if (!source) return;
            start(
              () => startImport(refTo, { files: [], source }),
              () => {
                setSource(null);
              },
            );
          }}
        >
          {t("imports.begin")}
        </Button>
      </div>
      {same ? <div role="alert" className="ob-fault">{t("imports.source.same")}</div> : null}
      <AsCommand command={`bml datasets import ${refTo.datasetId} --version ${refTo.versionNumber} --from ${source?.dataset_id ?? "ID"}:V${source?.version_number ?? 1} --take ${source?.take ?? "all"}${labels}`} />
    </div>
  );
}
