import { Skeleton } from "antd";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import type { Language, Messages } from "./language";
import { I18nContext, useI18n, useT } from ".";

type Loader = (language: Language) => Promise<Partial<Messages>>;

interface Props {
  /** Downloads the texts of one language; a function that stays the same. */
  readonly load: Loader;
  readonly children: ReactNode;
}

/** Texts that only some pages need come with those pages, so that the first page stays small. */
export function FeatureMessages({ load, children }: Props) {
  const i18n = useI18n();
  const t = useT();
  const { language } = i18n.loaded;
  const [added, setAdded] = useState<{ readonly language: Language; readonly messages: Partial<Messages> } | null>(null);
  useEffect(() => {
    let wanted = true;
    void load(language).then((messages) => {
      if (wanted) setAdded({ language, messages });
    });
    return () => {
      wanted = false;
    };
  }, [load, language]);
  const value = useMemo(
    () => ({ ...i18n, loaded: { ...i18n.loaded, messages: { ...i18n.loaded.messages, ...added?.messages } } }),
    [i18n, added],
  );
  if (added?.language !== language) {
    return (
      <div role="status" aria-label={t("state.loading")}>
        <Skeleton active title={false} paragraph={{ rows: 5 }} />
      </div>
    );
  }
  return <I18nContext value={value}>{children}</I18nContext>;
}
