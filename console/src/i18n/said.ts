import { useLanguage } from ".";

/** For texts that the platform sends in both languages. */
export function useSaid(): (english: string, chinese: string) => string {
  const isChinese = useLanguage() === "zh-CN";
  return (english, chinese) => (isChinese ? chinese : english);
}
