import { Input } from "antd";
import type { Framework } from "@/api/serving";
import { useT } from "@/i18n";
import { CodeBlock } from "@/ui/code-block";
import { Panel } from "@/ui/page";

export interface FileNames {
  readonly modelFile: string;
  readonly codeFile: string;
  readonly labelsFile: string;
}

interface Props {
  readonly serviceCode: Framework["service_code"];
  readonly value: FileNames;
  readonly onChange: (names: FileNames) => void;
  readonly description: string;
  readonly onDescribe: (description: string) => void;
}

/** The user's part of each kind of service code, by its signatures (spec 03 section 8, spec 08 section 8.4). */
const SIGNATURES = {
  wrapper: `class CustomException(RuntimeError):
    def __init__(self, error_code, message, orig_error=None): ...

class PredictWrapper(object):
    def __init__(self, model_path, use_gpu, logger): ...
    def preprocess(self, request_body): ...
    def predict(self, data, infer_args): ...
    def postprocess(self, infer_result, request_context): ...
`,
  functions: `def model_fn(model_dir): ...
def input_fn(request): ...
def output_fn(predict_result): ...
`,
} as const;

/** Which of the files is what; left empty, the platform finds out. */
export function NamedFiles({ serviceCode, value, onChange, description, onDescribe }: Props) {
  const t = useT();
  const field = (name: keyof FileNames, label: string, placeholder: string) => (
    <label className="ob-stack-s" style={{ gridColumn: "span 4" }}>
      <span>{label}</span>
      <Input
        className="ob-mono"
        value={value[name]}
        placeholder={placeholder}
        onChange={(event) => {
          onChange({ ...value, [name]: event.target.value });
        }}
      />
    </label>
  );
  return (
    <Panel title={t("imports.model.names")}>
      <div className="ob-stack">
        <span className="ob-small ob-muted">{t("imports.model.namesHelp")}</span>
        <div className="ob-grid">
          {field("modelFile", t("imports.model.modelFile"), "model.pkl")}
          {serviceCode === "none" ? null : field("codeFile", t("imports.model.codeFile"), "serve.py")}
          {field("labelsFile", t("imports.model.labelsFile"), "label_list.txt")}
        </div>
        {serviceCode === "none" ? null : (
          <div className="ob-stack-s">
            <span className="ob-small">{t(`imports.model.code.${serviceCode}`)}</span>
            <CodeBlock text={SIGNATURES[serviceCode]} />
          </div>
        )}
        <label className="ob-stack-s">
          <span>{t("field.description")}</span>
          <Input.TextArea
            rows={2}
            maxLength={500}
            value={description}
            onChange={(event) => {
              onDescribe(event.target.value);
            }}
          />
        </label>
      </div>
    </Panel>
  );
}
