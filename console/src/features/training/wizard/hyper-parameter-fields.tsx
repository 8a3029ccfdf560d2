import { Collapse } from "antd";
import type { HyperParameter } from "@/api/types";
import { useT } from "@/i18n";
import { HyperParameterField } from "./hyper-parameter-field";

/** The declared hyper-parameters of the task; the advanced ones are folded. */
export function HyperParameterFields({ parameters }: { readonly parameters: readonly HyperParameter[] }) {
  const t = useT();
  const grid = (advanced: boolean) => (
    <div className="ob-grid" style={{ rowGap: 0 }}>
      {parameters
        .filter((parameter) => parameter.advanced === advanced)
        .map((parameter) => (
          <HyperParameterField key={parameter.name} parameter={parameter} />
        ))}
    </div>
  );
  return (
    <>
      {grid(false)}
      {parameters.some((parameter) => parameter.advanced) ? (
        <Collapse ghost items={[{ key: "advanced", label: t("runs.form.advanced"), forceRender: true, children: grid(true) }]} />
      ) : null}
    </>
  );
}
