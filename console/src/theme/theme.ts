import { theme as antd, type ThemeConfig } from "antd";

export const APPEARANCES = ["system", "light", "dark"] as const;
export type Appearance = (typeof APPEARANCES)[number];

const STORAGE_KEY = "openbml.appearance";

export function storedAppearance(storage: Storage = window.localStorage): Appearance {
  const stored = storage.getItem(STORAGE_KEY);
  return APPEARANCES.find((appearance) => appearance === stored) ?? "system";
}

export function rememberAppearance(appearance: Appearance, storage: Storage = window.localStorage): void {
  storage.setItem(STORAGE_KEY, appearance);
}

const FONT =
  'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const MONO = 'ui-monospace, SFMono-Regular, "JetBrains Mono", Menlo, Consolas, "Liberation Mono", monospace';

const SHARED = {
  fontFamily: FONT,
  fontFamilyCode: MONO,
  borderRadius: 6,
  fontSize: 14,
  controlHeight: 32,
  wireframe: false,
} as const;

const LIGHT: ThemeConfig = {
  token: {
    ...SHARED,
    colorPrimary: "#1f5f8b",
    colorInfo: "#1f5f8b",
    colorLink: "#1a5680",
    colorSuccess: "#257a3e",
    colorWarning: "#9a6100",
    colorError: "#b3261e",
    colorTextBase: "#17212b",
    colorTextSecondary: "#4a5765",
    colorTextTertiary: "#5b6876",
    colorTextDescription: "#566370",
    colorTextPlaceholder: "#66727e",
    colorBgLayout: "#f4f6f8",
    colorBorderSecondary: "#e4e8ec",
    colorPrimaryBg: "#e4eff7",
    colorInfoBg: "#ecf4fa",
    colorInfoBorder: "#bcd6e8",
    colorSuccessBg: "#edf7f0",
    colorSuccessBorder: "#b7dcc2",
    colorWarningBg: "#fdf6e6",
    colorWarningBorder: "#ecd6a3",
    colorErrorBg: "#fdf0ef",
    colorErrorBorder: "#efc1be",
  },
};

const DARK: ThemeConfig = {
  algorithm: antd.darkAlgorithm,
  token: {
    ...SHARED,
    colorPrimary: "#4a9fd4",
    colorInfo: "#4a9fd4",
    colorLink: "#7cbce6",
    colorSuccess: "#58b374",
    colorWarning: "#dba545",
    colorError: "#f0766e",
    colorBgBase: "#11171d",
    colorTextBase: "#e4eaf0",
    colorTextSecondary: "#b4c0cb",
    colorTextTertiary: "#a0adb9",
    colorTextDescription: "#a9b5c0",
    colorTextPlaceholder: "#8c99a5",
    colorBgLayout: "#0c1116",
    colorTextLightSolid: "#0b1015",
  },
};

export function themeOf(dark: boolean): ThemeConfig {
  const base = dark ? DARK : LIGHT;
  return {
    ...base,
    components: {
      Menu: {
        itemHeight: 34,
        itemMarginInline: 8,
        activeBarBorderWidth: 0,
        itemSelectedBg: dark ? "#1b3342" : "#e4eff7",
        itemSelectedColor: dark ? "#b5dcf5" : "#154766",
        groupTitleColor: dark ? "#a0adb9" : "#5b6876",
      },
      Table: { cellPaddingBlock: 9, cellPaddingInline: 12, headerBg: dark ? "#161d24" : "#f7f9fa" },
      Layout: { headerHeight: 52, headerPadding: "0 16px", bodyBg: dark ? "#0c1116" : "#f4f6f8" },
      Card: { headerFontSize: 14, headerHeight: 44, bodyPadding: 16 },
    },
  };
}
