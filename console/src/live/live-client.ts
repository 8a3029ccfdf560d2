/**
 * One WebSocket per project with every subscribed topic on it. A connection that ends is opened again with a growing
 * pause and a new ticket; who listens polls meanwhile (`isOpen` is false).
 */

export interface LiveMessage {
  readonly topic: string;
  readonly type: string;
  readonly detail: unknown;
}

export interface LiveSocket {
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  send: (text: string) => void;
  close: () => void;
}

export interface LiveTicket {
  readonly ticket: string;
  readonly url: string;
}

interface LiveTools {
  readonly fetchTicket: () => Promise<LiveTicket>;
  readonly openSocket: (url: string) => LiveSocket;
  readonly later: (action: () => void, delayMs: number) => () => void;
}

type Handler = (message: LiveMessage) => void;

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** The ticket route may or may not put the ticket into the address already. */
export function socketUrl({ url, ticket }: LiveTicket): string {
  const address = new URL(url);
  if (!address.searchParams.has("ticket")) address.searchParams.set("ticket", ticket);
  return address.toString();
}

function parseMessage(data: unknown): LiveMessage | null {
  if (typeof data !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== "object" || value === null) return null;
  if (!("topic" in value) || !("type" in value)) return null;
  if (typeof value.topic !== "string" || typeof value.type !== "string") return null;
  return { topic: value.topic, type: value.type, detail: "detail" in value ? value.detail : null };
}

export class LiveClient {
  private readonly handlers = new Map<string, Set<Handler>>();
  private readonly watchers = new Set<() => void>();
  private socket: LiveSocket | null = null;
  private open = false;
  private connecting = false;
  private pause = FIRST_PAUSE_MS;
  private cancelRetry: (() => void) | null = null;
  private closed = false;

  constructor(private readonly tools: LiveTools) {}

  get isOpen(): boolean {
    return this.open;
  }

  watchConnection(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  subscribe(topic: string, handler: Handler): () => void {
    const known = this.handlers.get(topic);
    if (known) known.add(handler);
    else {
      this.handlers.set(topic, new Set([handler]));
      if (this.open) this.announce([topic]);
    }
    this.connect();
    return () => {
      const handlers = this.handlers.get(topic);
      handlers?.delete(handler);
      if (handlers?.size === 0) this.handlers.delete(topic);
      if (this.handlers.size === 0) this.disconnect();
    };
  }

  close(): void {
    this.closed = true;
    this.disconnect();
  }

  private disconnect(): void {
    this.cancelRetry?.();
    this.cancelRetry = null;
    const socket = this.socket;
    this.socket = null;
    this.setOpen(false);
    if (socket) {
      socket.onclose = null;
      socket.close();
    }
  }

  private connect(): void {
    if (this.socket || this.connecting || this.cancelRetry || this.closed) return;
    this.connecting = true;
    this.tools.fetchTicket().then(
      (ticket) => {
        this.connecting = false;
        if (this.handlers.size > 0 && !this.closed) this.attach(this.tools.openSocket(socketUrl(ticket)));
      },
      () => {
        this.connecting = false;
        this.retryLater();
      },
    );
  }

  private attach(socket: LiveSocket): void {
    this.socket = socket;
    socket.onopen = () => {
      this.pause = FIRST_PAUSE_MS;
      this.setOpen(true);
      this.announce([...this.handlers.keys()]);
    };
    socket.onmessage = (event) => {
      const message = parseMessage(event.data);
      if (!message) return;
      for (const handler of this.handlers.get(message.topic) ?? []) handler(message);
    };
    socket.onclose = () => {
      this.socket = null;
      this.setOpen(false);
      this.retryLater();
    };
  }

  private retryLater(): void {
    if (this.closed || this.handlers.size === 0) return;
    this.cancelRetry = this.tools.later(() => {
      this.cancelRetry = null;
      this.connect();
    }, this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  private announce(topics: string[]): void {
    if (topics.length > 0) this.socket?.send(JSON.stringify({ action: "subscribe", topics }));
  }

  private setOpen(open: boolean): void {
    if (this.open === open) return;
    this.open = open;
    for (const watcher of this.watchers) watcher();
  }
}
