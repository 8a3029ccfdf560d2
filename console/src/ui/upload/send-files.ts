import { UploadRefusedError, type PutFile } from "./put-file";

export interface FileToSend {
  readonly name: string;
  readonly file: Blob;
}

/** Where a file goes: whole, or in parts of a size, each to an address of its own. */
export interface Address {
  readonly name: string;
  readonly partSizeBytes?: number;
  readonly urlOf: (partNumber: number) => Promise<string>;
}

export const wholeAddress = ({ name, url }: { readonly name: string; readonly url: string }): Address => ({ name, urlOf: () => Promise.resolve(url) });

/** The platform gave no address for a file that was announced to it. */
export class NoAddressError extends Error {
  constructor(readonly file: string) {
    super(file);
    this.name = "NoAddressError";
  }
}

export interface SendTools {
  readonly put: PutFile;
  readonly pause: (ms: number) => Promise<void>;
  /** Bytes sent of each file so far, by its name. */
  readonly onProgress: (name: string, sentBytes: number) => void;
  readonly signal: AbortSignal;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;

const isPassing = (error: unknown): boolean => error instanceof UploadRefusedError && (error.status === 0 || error.status >= 500 || error.status === 429);

async function sendPart(url: string, part: Blob, told: (sentBytes: number) => void, { put, pause, signal }: SendTools): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await put(url, part, told, signal);
      return;
    } catch (error) {
      if (!isPassing(error) || attempt === ATTEMPTS) throw error;
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

async function sendOne({ partSizeBytes, urlOf }: Address, { name, file }: FileToSend, tools: SendTools): Promise<void> {
  const size = partSizeBytes ?? Math.max(1, file.size);
  const count = Math.max(1, Math.ceil(file.size / size));
  for (let place = 0; place < count; place += 1) {
    const begin = place * size;
    const part = file.slice(begin, begin + size);
    await sendPart(await urlOf(place + 1), part, (sent) => { tools.onProgress(name, begin + sent); }, tools);
    tools.onProgress(name, begin + part.size);
  }
}

/** Sends files one after the other, each tried again where the storage is only busy. */
export async function sendFiles(files: readonly FileToSend[], addresses: readonly Address[], tools: SendTools): Promise<void> {
  const known = new Map(addresses.map((address) => [address.name, address]));
  for (const file of files) {
    const address = known.get(file.name);
    if (address === undefined) throw new NoAddressError(file.name);
    await sendOne(address, file, tools);
  }
}
