import { Tag } from "antd";
import { useT } from "@/i18n";
import { useSaid } from "@/i18n/said";
import type { ChoosableFramework } from "./import-form";

interface Props {
  readonly choices: readonly ChoosableFramework[];
  readonly value: string;
  readonly onChange: (code: string) => void;
}

/** Frameworks of the task by the catalogue; one that cannot be taken says why and what helps. */
export function FrameworkChoice({ choices, value, onChange }: Props) {
  const t = useT();
  const said = useSaid();
  return (
    <fieldset className="ob-cards">
      <legend className="ob-visually-hidden">{t("imports.model.framework")}</legend>
      {choices.map(({ framework, row }) => {
        const refusal = framework.refusal_en === null ? null : said(framework.refusal_en, framework.refusal_zh ?? framework.refusal_en);
        return (
          <label key={framework.code} className="ob-card" data-chosen={framework.code === value} data-disabled={refusal !== null}>
            <input
              type="radio"
              name="framework"
              checked={framework.code === value}
              disabled={refusal !== null}
              onChange={() => {
                onChange(framework.code);
              }}
            />
            <span className="ob-card-name">
              {framework.name}
              {row.deployments.includes("cloud") ? null : <Tag>{t("models.deployment.edge")}</Tag>}
            </span>
            <span className="ob-small ob-muted">{refusal ?? t(`models.contract.${row.contract}`)}</span>
            {framework.service_code === "none" || refusal ? null : <span className="ob-small ob-muted">{t(`imports.model.code.${framework.service_code}`)}</span>}
          </label>
        );
      })}
    </fieldset>
  );
}
