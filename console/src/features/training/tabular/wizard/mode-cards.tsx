import { useT } from "@/i18n";

const MODES = ["automl", "expert"] as const;
type Mode = (typeof MODES)[number];

interface Props {
  readonly value?: Mode;
  readonly onChange?: (mode: Mode) => void;
}

/** AutoML tries everything within the time; the expert mode does what it is told. */
export function ModeCards({ value, onChange }: Props) {
  const t = useT();
  return (
    <fieldset className="ob-cards" data-testid="modes">
      <legend className="ob-visually-hidden">{t("tabular.mode")}</legend>
      {MODES.map((mode) => (
        <label key={mode} className="ob-card" data-chosen={mode === value}>
          <input
            type="radio"
            name="mode"
            value={mode}
            checked={mode === value}
            onChange={() => {
              onChange?.(mode);
            }}
          />
          <span className="ob-card-name">{t(`tabular.mode.${mode}`)}</span>
          <span className="ob-small">{t(`tabular.modeHelp.${mode}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}
