import { useEffect, useRef, useState } from "react";
import { putFileByXhr } from "./put-file";
import { sendFiles, type Address, type FileToSend } from "./send-files";

export interface Sending {
  /** Bytes sent of each file, by its name. */
  readonly sent: Readonly<Record<string, number>>;
  readonly send: (files: readonly FileToSend[], addresses: readonly Address[]) => Promise<void>;
}

const pauseByTimer = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    window.setTimeout(resolve, ms);
  });

/** Sends files while the page is open; leaving it stops them. */
export function useSending(): Sending {
  const [sent, setSent] = useState<Readonly<Record<string, number>>>({});
  const stop = useRef<AbortController | null>(null);
  useEffect(
    () => () => {
      stop.current?.abort();
    },
    [],
  );
  return {
    sent,
    send: (files, addresses) => {
      stop.current = new AbortController();
      setSent({});
      return sendFiles(files, addresses, {
        put: putFileByXhr,
        pause: pauseByTimer,
        onProgress: (name, bytes) => {
          setSent((known) => ({ ...known, [name]: bytes }));
        },
        signal: stop.current.signal,
      });
    },
  };
}
