import { theme } from "antd";
import { useEffect } from "react";

/** Hands the tokens of the theme to our own style sheet. */
export function TokenStyle() {
  const { token } = theme.useToken();
  useEffect(() => {
    const values: Record<string, string> = {
      text: token.colorText,
      secondary: token.colorTextSecondary,
      primary: token.colorPrimary,
      link: token.colorLink,
      layout: token.colorBgLayout,
      container: token.colorBgContainer,
      error: token.colorErrorText,
      warning: token.colorWarningText,
      border: token.colorBorderSecondary,
      fill: token.colorFillQuaternary,
      selected: token.colorPrimaryBg,
      font: token.fontFamily,
      mono: token.fontFamilyCode,
    };
    for (const [name, value] of Object.entries(values)) document.documentElement.style.setProperty(`--ob-${name}`, value);
  }, [token]);
  return null;
}
