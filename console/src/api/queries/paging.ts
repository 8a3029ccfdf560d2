import type { InfiniteData } from "@tanstack/react-query";
import type { Page } from "../types";

export const PAGE_SIZE = 50;

export const nextCursor = (page: Page<unknown>): string | undefined => page.next_cursor ?? undefined;

export function itemsOf<T>(data: InfiniteData<Page<T>> | undefined): T[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}

export function pageQuery(cursor: string | undefined, limit = PAGE_SIZE): { limit: number; cursor?: string } {
  return cursor === undefined ? { limit } : { limit, cursor };
}
