import { Alert, Button, Input, Segmented } from "antd";
import { useState } from "react";
import { beginImport, checkImport } from "@/api/queries/repository";
import type { ModelImport, PictureInput } from "@/api/serving";
import type { Model } from "@/api/types";
import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import { problemText } from "@/ui/problem-text";
import { NoAddressError } from "@/ui/upload/send-files";
import { UploadRefusedError } from "@/ui/upload/put-file";
import { useSending } from "@/ui/upload/use-sending";
import { FrameworkChoice } from "./framework-choice";
import { DEFAULT_PICTURE, importFault, importRequest, nameInModel, needsPicture, type ChoosableFramework, type ImportValues } from "./import-form";
import { ModelFiles } from "./model-files";
import { partAddresses } from "./part-addresses";
import { PictureFields } from "./picture-fields";
import { NamedFiles, type FileNames } from "./named-files";

interface Props {
  readonly projectId: number;
  readonly model: Model;
  readonly choices: readonly ChoosableFramework[];
  readonly onStarted: (started: ModelImport) => void;
}

const WAYS = ["files", "s3"] as const;
const ADDRESS_EXAMPLE = "s3://bucket/folder/";
const NO_NAMES: FileNames = { modelFile: "", codeFile: "", labelsFile: "" };

export function ImportWizard({ projectId, model, choices, onStarted }: Props) {
  const t = useT();
  const [code, setCode] = useState(() => choices.find((choice) => choice.framework.refusal_en === null)?.framework.code ?? "");
  const [way, setWay] = useState<(typeof WAYS)[number]>("files");
  const [files, setFiles] = useState<readonly File[]>([]);
  const [s3Uri, setS3Uri] = useState("");
  const [names, setNames] = useState<FileNames>(NO_NAMES);
  const [description, setDescription] = useState("");
  const [picture, setPicture] = useState<PictureInput>(DEFAULT_PICTURE);
  const { sent, send } = useSending();
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const choice = choices.find((known) => known.framework.code === code);
  if (!choice) return <Alert type="warning" showIcon title={t("imports.model.noFramework")} />;
  const hasPicture = needsPicture(choice, model.task_type);
  const named = files.map((file) => ({ name: nameInModel(file), file }));
  const values: ImportValues = { framework: code, way, files: named.map(({ name, file }) => ({ name, size: file.size })), s3Uri, description, ...names, picture: hasPicture ? picture : null };
  const fault = importFault(values, choice.framework.service_code);
  const start = async (): Promise<void> => {
    const begun = await beginImport(projectId, model.model_id, importRequest(values));
    if (way === "files") await send(named, partAddresses(projectId, model.model_id, begun));
    onStarted(await checkImport(projectId, model.model_id, begun.import_id));
  };
  return (
    <div className="ob-grid">
      <div className="ob-stack" style={{ gridColumn: "span 5" }}>
        <Panel title={t("imports.model.framework")}>
          <FrameworkChoice choices={choices} value={code} onChange={setCode} />
        </Panel>
        {hasPicture ? <PictureFields value={picture} onChange={setPicture} /> : null}
      </div>
      <div className="ob-stack" style={{ gridColumn: "span 7" }}>
        <Panel
          title={t("imports.model.files")}
          extra={<Segmented aria-label={t("imports.model.way")} value={way} onChange={setWay} options={WAYS.map((value) => ({ value, label: t(`imports.model.way.${value}`) }))} />}
        >
          {way === "files" ? (
            <ModelFiles files={named} sent={sent} isBusy={starting} onChange={setFiles} />
          ) : (
            <label className="ob-stack-s">
              <span>{t("imports.model.address")}</span>
              <Input className="ob-mono" value={s3Uri} placeholder={ADDRESS_EXAMPLE} onChange={(event) => { setS3Uri(event.target.value); }} />
              <span className="ob-small ob-muted">{t("imports.model.addressHelp")}</span>
            </label>
          )}
        </Panel>
        <NamedFiles serviceCode={choice.framework.service_code} value={names} onChange={setNames} description={description} onDescribe={setDescription} />
        {error === null ? null : <Alert type="error" showIcon role="alert" title={<StartFailure error={error} />} />}
        <div className="ob-row">
          <Button
            type="primary"
            size="large"
            disabled={fault !== null}
            loading={starting}
            onClick={() => {
              setStarting(true);
              setError(null);
              start()
                .catch(setError)
                .finally(() => {
                  setStarting(false);
                });
            }}
          >
            {t("imports.model.check")}
          </Button>
          {fault === null ? null : <span className="ob-muted">{t(`imports.model.fault.${fault}`)}</span>}
        </div>
      </div>
    </div>
  );
}

function StartFailure({ error }: { readonly error: unknown }) {
  const t = useT();
  if (error instanceof UploadRefusedError) return t("imports.model.refused", { reason: error.message });
  if (error instanceof NoAddressError) return t("imports.model.noUpload", { file: error.file });
  return problemText(error, t);
}
