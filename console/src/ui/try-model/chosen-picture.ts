import { useEffect, useRef, useState } from "react";

export interface ChosenPicture {
  readonly file: File;
  /** Reads the file from this computer, until another one is chosen or the page is left. */
  readonly address: string;
}

export function useChosenPicture(): { readonly picture: ChosenPicture | null; readonly choose: (file: File) => void } {
  const [picture, setPicture] = useState<ChosenPicture | null>(null);
  const open = useRef<string | null>(null);
  const close = (): void => {
    if (open.current !== null) URL.revokeObjectURL(open.current);
    open.current = null;
  };
  useEffect(() => close, []);
  return {
    picture,
    choose: (file) => {
      if (file === picture?.file) return;
      close();
      open.current = URL.createObjectURL(file);
      setPicture({ file, address: open.current });
    },
  };
}
