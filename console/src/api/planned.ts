import { api, reply } from "./client";

type Query = Readonly<Record<string, string | number | undefined>>;

interface Sent {
  readonly params: { readonly path?: Readonly<Record<string, number>>; readonly query?: Query };
  readonly body?: unknown;
}

type Call = (path: string, sent: Sent) => ReturnType<typeof api.GET>;

/** Routes of the contract that `openapi.json` does not describe yet. */
export async function plannedGet<T>(path: string, sent: Sent): Promise<T> {
  return (await reply((api.GET as unknown as Call)(path, sent))) as T;
}

export async function plannedPost<T>(path: string, sent: Sent): Promise<T> {
  return (await reply((api.POST as unknown as Call)(path, sent))) as T;
}
