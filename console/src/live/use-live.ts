import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from "react";
import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import type { LiveClient } from "./live-client";

export const LiveContext = createContext<LiveClient | null>(null);

const QUIET_MS = 400;
const POLL_MS = 3000;
const POLL_WHILE_LIVE_MS = 15_000;

function useLiveClient(): LiveClient {
  const client = useContext(LiveContext);
  if (!client) throw new Error("LiveContext is missing");
  return client;
}

export function useIsLive(): boolean {
  const client = useLiveClient();
  return useSyncExternalStore(
    (watcher) => client.watchConnection(watcher),
    () => client.isOpen,
  );
}

/**
 * Refreshes the queries below `keys` when the topic speaks (bursts once per 0.4 s), and says how often to poll:
 * rarely while the socket is open, each 3 s while it is not, not at all once nothing changes any more.
 */
export function useLiveQueries(topic: string, keys: readonly QueryKey[], active: boolean): number | false {
  const client = useLiveClient();
  const queries = useQueryClient();
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (!active) return undefined;
    let timer: number | null = null;
    const leave = client.subscribe(topic, () => {
      timer ??= window.setTimeout(() => {
        timer = null;
        for (const queryKey of latest.current) void queries.invalidateQueries({ queryKey });
      }, QUIET_MS);
    });
    return () => {
      if (timer !== null) window.clearTimeout(timer);
      leave();
    };
  }, [client, queries, topic, active]);
  const live = useIsLive();
  if (!active) return false;
  return live ? POLL_WHILE_LIVE_MS : POLL_MS;
}
