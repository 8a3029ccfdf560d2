import { createContext, useContext } from "react";
import type { Appearance } from "@/theme/theme";

interface AppearanceValue {
  readonly appearance: Appearance;
  readonly choose: (appearance: Appearance) => void;
}

export const AppearanceContext = createContext<AppearanceValue | null>(null);

export function useAppearance(): AppearanceValue {
  const value = useContext(AppearanceContext);
  if (!value) throw new Error("AppearanceContext is missing");
  return value;
}
