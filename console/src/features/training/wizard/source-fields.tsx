import { Form, Radio } from "antd";
import type { HyperParameter, HyperParameterSource, Network, SearchCatalog, TrainingTask } from "@/api/types";
import { useT } from "@/i18n";
import { ExistingSearchField } from "./existing-search-field";
import type { RunFormValues } from "./form-values";
import { HyperParameterFields } from "./hyper-parameter-fields";
import { searchedParameters } from "./run-request";
import { ScriptField } from "./script-field";
import { SearchFields } from "./search-fields";

interface Props {
  readonly projectId: number;
  readonly task: TrainingTask | undefined;
  readonly network: Network | undefined;
  readonly parameters: readonly HyperParameter[];
  readonly search: SearchCatalog;
  readonly values: Partial<RunFormValues> | undefined;
}

/** Where the hyper-parameters come from (spec 03 section 2.10). */
export function SourceFields({ projectId, task, network, parameters, search, values }: Props) {
  const t = useT();
  const source = values?.source ?? "manual";
  const isSearch = source === "search" || source === "existing";
  const searched = new Set(searchedParameters(values, search));
  const kinds: HyperParameterSource["kind"][] = search.strategies.length > 0 ? ["manual", "script", "search", "existing"] : ["manual", "script"];
  return (
    <>
      <Form.Item name="source" style={{ marginBottom: 12 }}>
        <Radio.Group optionType="button" aria-label={t("runs.form.source")} options={kinds.map((value) => ({ value, label: t(`runs.source.${value}`) }))} />
      </Form.Item>
      <p className="ob-muted ob-small" style={{ marginTop: 0 }}>
        {t(`runs.sourceHelp.${source}`)}
      </p>
      {source === "script" && task ? <ScriptField taskType={task.code} network={network} family={values?.family} /> : null}
      {source === "search" ? <SearchFields search={search} network={network} parameters={parameters} values={values} /> : null}
      {source === "existing" ? <ExistingSearchField projectId={projectId} network={network} family={values?.hyper_parameters?.weights === "none" ? "none" : values?.family} /> : null}
      {source === "script" ? null : (
        <>
          {isSearch ? <p className="ob-small">{t("runs.form.otherParameters")}</p> : null}
          <HyperParameterFields parameters={parameters.filter((parameter) => !searched.has(parameter.name))} />
        </>
      )}
    </>
  );
}
