import { Button } from "antd";
import { useI18n, useT } from "@/i18n";
import { LANGUAGES } from "@/i18n/language";

export function LanguageLinks() {
  const t = useT();
  const { loaded, choose } = useI18n();
  return (
    <div className="ob-row" style={{ justifyContent: "center", marginTop: 16 }}>
      {LANGUAGES.map((language) => (
        <Button
          key={language}
          type="link"
          size="small"
          disabled={language === loaded.language}
          onClick={() => {
            choose(language);
          }}
        >
          {t(`language.${language}`)}
        </Button>
      ))}
    </div>
  );
}
