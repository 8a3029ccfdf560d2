import { describe, expect, it, vi } from "vitest";
import { LiveClient, socketUrl, type LiveSocket } from "./live-client";

class FakeSocket implements LiveSocket {
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.onclose?.();
  }
}

function setUp() {
  const sockets: FakeSocket[] = [];
  const waiting: (() => void)[] = [];
  const pauses: number[] = [];
  const client = new LiveClient({
    fetchTicket: () => Promise.resolve({ ticket: "one", url: "wss://host/live" }),
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    later: (action, ms) => {
      waiting.push(action);
      pauses.push(ms);
      return () => undefined;
    },
  });
  return { client, sockets, waiting, pauses };
}

const settle = () => new Promise<void>((resolve) => { setTimeout(resolve, 0); });

describe("the live connection", () => {
  it("subscribes its topics and hands messages to who listens", async () => {
    const { client, sockets } = setUp();
    const heard = vi.fn();
    client.subscribe("run/1", heard);
    await settle();
    sockets[0]?.onopen?.();
    expect(JSON.parse(sockets[0]?.sent[0] ?? "")).toEqual({ action: "subscribe", topics: ["run/1"] });
    sockets[0]?.onmessage?.({ data: '{"topic":"run/1","type":"RunProgressed","detail":{}}' });
    sockets[0]?.onmessage?.({ data: '{"topic":"run/2","type":"RunProgressed"}' });
    sockets[0]?.onmessage?.({ data: "not json" });
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("connects again with growing pauses and subscribes everything anew", async () => {
    const { client, sockets, waiting, pauses } = setUp();
    client.subscribe("run/1", () => undefined);
    await settle();
    sockets[0]?.onclose?.();
    waiting.shift()?.();
    await settle();
    sockets[1]?.onclose?.();
    expect(pauses).toEqual([1000, 2000]);
    waiting.shift()?.();
    await settle();
    sockets[2]?.onopen?.();
    expect(client.isOpen).toBe(true);
    expect(sockets[2]?.sent).toHaveLength(1);
  });

  it("closes when nobody listens any more", async () => {
    const { client, sockets, waiting } = setUp();
    const leave = client.subscribe("run/1", () => undefined);
    await settle();
    sockets[0]?.onopen?.();
    leave();
    expect(client.isOpen).toBe(false);
    expect(waiting).toHaveLength(0);
  });

  it("adds the ticket to the address only where it is missing", () => {
    expect(socketUrl({ ticket: "a b", url: "wss://host/live" })).toBe("wss://host/live?ticket=a+b");
    expect(socketUrl({ ticket: "x", url: "wss://host/live?ticket=y" })).toBe("wss://host/live?ticket=y");
  });
});
