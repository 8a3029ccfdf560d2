import { Radio } from "antd";
import type { DataFormat } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";
import { mostFiles, type FormatGroup } from "./import-choice";

export function useFormatName(): (format: Pick<DataFormat, "code" | "title">) => string {
  const maybeT = useMaybeT();
  return (format) => maybeT(`format.${format.code}`) ?? format.title;
}

interface Props {
  readonly groups: readonly (readonly [FormatGroup, readonly DataFormat[]])[];
  readonly value: string;
  readonly onChange: (code: string) => void;
}

/** Every format with its layout in a line; the manual's own first. */
export function FormatChoice({ groups, value, onChange }: Props) {
  const t = useT();
  const maybeT = useMaybeT();
  const nameOf = useFormatName();
  return (
    <Radio.Group
      value={value}
      style={{ width: "100%" }}
      onChange={(event) => {
        onChange(String(event.target.value));
      }}
    >
      <div className="ob-stack-s">
        {groups.map(([group, formats]) => (
          <fieldset key={group} className="ob-choices">
            <legend>{t(`imports.group.${group}`)}</legend>
            {formats.map((format) => (
              <Radio key={format.code} value={format.code}>
                {nameOf(format)}
                {format.code === value ? (
                  <div className="ob-muted ob-small">
                    {maybeT(`format.${format.code}.help`)} {mostFiles(format) > 1 ? t("imports.upTo", { count: mostFiles(format) }) : null}
                  </div>
                ) : null}
              </Radio>
            ))}
          </fieldset>
        ))}
      </div>
    </Radio.Group>
  );
}
