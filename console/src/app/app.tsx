import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import { useCallback, useEffect, useMemo, useState } from "react";
import { RouterProvider } from "react-router";
import { ApiError, OfflineError } from "@/api/errors";
import { I18nContext, type Language } from "@/i18n";
import { loadLanguage, rememberLanguage, type LoadedLanguage } from "@/i18n/language";
import { rememberAppearance, storedAppearance, themeOf, type Appearance } from "@/theme/theme";
import { TokenStyle } from "@/theme/token-style";
import { AppearanceContext } from "./appearance";
import { router } from "./router";

const RETRIES = 2;

function mayRetry(failures: number, error: Error): boolean {
  if (failures >= RETRIES) return false;
  return error instanceof OfflineError || (error instanceof ApiError && error.isTransient);
}

const queries = new QueryClient({
  queryCache: new QueryCache(),
  mutationCache: new MutationCache(),
  defaultOptions: {
    queries: { retry: mayRetry, staleTime: 2000, networkMode: "always" },
    mutations: { retry: false, networkMode: "always" },
  },
});

const darkQuery = window.matchMedia("(prefers-color-scheme: dark)");

function useSystemDark(): boolean {
  const [dark, setDark] = useState(darkQuery.matches);
  useEffect(() => {
    const follow = (event: MediaQueryListEvent): void => {
      setDark(event.matches);
    };
    darkQuery.addEventListener("change", follow);
    return () => {
      darkQuery.removeEventListener("change", follow);
    };
  }, []);
  return dark;
}

export function App({ initial }: { readonly initial: LoadedLanguage }) {
  const [loaded, setLoaded] = useState(initial);
  const [appearance, setAppearance] = useState<Appearance>(storedAppearance);
  const systemDark = useSystemDark();
  const dark = appearance === "dark" || (appearance === "system" && systemDark);

  useEffect(() => {
    document.documentElement.lang = loaded.language;
  }, [loaded]);
  useEffect(() => {
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  }, [dark]);

  const choose = useCallback((language: Language) => {
    rememberLanguage(language);
    void loadLanguage(language).then(setLoaded);
  }, []);
  const i18n = useMemo(() => ({ loaded, choose }), [loaded, choose]);
  const look = useMemo(
    () => ({
      appearance,
      choose: (next: Appearance) => {
        rememberAppearance(next);
        setAppearance(next);
      },
    }),
    [appearance],
  );

  return (
    <QueryClientProvider client={queries}>
      <I18nContext value={i18n}>
        <AppearanceContext value={look}>
          <ConfigProvider theme={themeOf(dark)} locale={loaded.antd} button={{ autoInsertSpace: false }}>
            <AntApp component={false}>
              <TokenStyle />
              <RouterProvider router={router} />
            </AntApp>
          </ConfigProvider>
        </AppearanceContext>
      </I18nContext>
    </QueryClientProvider>
  );
}
