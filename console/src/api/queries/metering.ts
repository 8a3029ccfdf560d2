import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, reply } from "../client";
import { nextCursor, pageQuery } from "./paging";

export function useBill(month: string, enabled = true) {
  return useQuery({
    queryKey: ["bill", month],
    enabled,
    queryFn: () => reply(api.GET("/v1/metering/bill", { params: { query: { month } } })),
    refetchInterval: 60_000,
  });
}

export function useLedger(enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["ledger"],
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => reply(api.GET("/v1/metering/ledger", { params: { query: pageQuery(pageParam) } })),
    getNextPageParam: nextCursor,
  });
}

export function usePrices() {
  return useQuery({
    queryKey: ["prices"],
    queryFn: () => reply(api.GET("/v1/metering/prices")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Bills are made by the month of UTC+8. */
export function billingMonth(now: Date): string {
  return new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(0, 7);
}
