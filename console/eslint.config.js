import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import { readdirSync } from "node:fs";
import tseslint from "typescript-eslint";

const features = readdirSync(new URL("./src/features", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** A feature sees itself and the shared folders; only `app` sees features. */
const featureBoundaries = features.map((feature) => ({
  files: [`src/features/${feature}/**/*.{ts,tsx}`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          { group: ["@/app/*", "@/app"], message: "Features do not know the application shell." },
          {
            group: features.filter((other) => other !== feature).flatMap((other) => [`@/features/${other}`, `@/features/${other}/*`, `**/../${other}/*`]),
            message: "Features never import each other: share through api, ui or a link.",
          },
        ],
      },
    ],
  },
}));

const text = "/[A-Za-z\\u4e00-\\u9fff]{2,}/";
const noTextInCode = {
  "no-restricted-syntax": [
    "error",
    { selector: `JSXText[value=${text}]`, message: "Texts live in src/locales." },
    {
      selector: `JSXAttribute[name.name=/^(title|placeholder|label|alt|aria-label|description|okText|cancelText|tooltip|extra)$/] > Literal[value=${text}]`,
      message: "Texts live in src/locales.",
    },
  ],
};

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.d.ts"] },
  { files: ["**/*.{js,mjs}"], extends: [js.configs.recommended], languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", Buffer: "readonly", setTimeout: "readonly", setInterval: "readonly", clearInterval: "readonly" } } },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [js.configs.recommended, ...tseslint.configs.strictTypeChecked],
    plugins: { "react-hooks": reactHooks },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "no-console": "error",
      "max-lines": ["error", 400],
    },
  },
  { files: ["src/**/*.tsx"], ignores: ["src/**/*.test.tsx"], rules: noTextInCode },
  { files: ["src/{api,ui,live,format,i18n,theme}/**/*.{ts,tsx}"], rules: { "no-restricted-imports": ["error", { patterns: [{ group: ["@/features/*", "@/app/*"], message: "Shared code knows no feature." }] }] } },
  ...featureBoundaries,
);
