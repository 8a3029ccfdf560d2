import { GlobalOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { useI18n, useT } from "@/i18n";
import { LANGUAGES } from "@/i18n/language";

export function LanguageSwitch() {
  const t = useT();
  const { loaded, choose } = useI18n();
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        selectedKeys: [loaded.language],
        items: LANGUAGES.map((language) => ({ key: language, label: t(`language.${language}`) })),
        onClick: ({ key }) => {
          const language = LANGUAGES.find((candidate) => candidate === key);
          if (language) choose(language);
        },
      }}
    >
      <Button type="text" icon={<GlobalOutlined />} aria-label={t("language.switch")}>
        {t(`language.${loaded.language}`)}
      </Button>
    </Dropdown>
  );
}
