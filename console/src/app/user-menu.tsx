import { LogoutOutlined, UserOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { session } from "@/api/session";
import type { Me } from "@/api/types";
import { useT } from "@/i18n";
import { APPEARANCES } from "@/theme/theme";
import { useAppearance } from "./appearance";

export function UserMenu({ me }: { readonly me: Me | undefined }) {
  const t = useT();
  const look = useAppearance();
  const email = me?.email ?? session.get()?.email ?? "";
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        selectedKeys: [look.appearance],
        items: [
          { key: "who", type: "group", label: me?.is_owner ? t("user.owner", { email }) : t("user.member", { email }) },
          ...APPEARANCES.map((appearance) => ({ key: appearance, label: t(`appearance.${appearance}`) })),
          { type: "divider" },
          { key: "sign-out", label: t("user.signOut"), icon: <LogoutOutlined /> },
        ],
        onClick: ({ key }) => {
          if (key === "sign-out") session.signOut();
          const appearance = APPEARANCES.find((candidate) => candidate === key);
          if (appearance) look.choose(appearance);
        },
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={t("user.menu")}>
        {email.split("@")[0]}
      </Button>
    </Dropdown>
  );
}
