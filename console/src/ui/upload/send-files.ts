import { UploadRefusedError, type PutFile } from "./put-file";

export interface FileToSend {
  readonly name: string;
  readonly file: Blob;
}

export interface Address {
  readonly name: string;
  readonly url: string;
}

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

async function sendOne(url: string, { name, file }: FileToSend, { put, pause, onProgress, signal }: SendTools): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await put(url, file, (sent) => { onProgress(name, sent); }, signal);
      onProgress(name, file.size);
      return;
    } catch (error) {
      if (!isPassing(error) || attempt === ATTEMPTS) throw error;
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** Sends files one after the other, each tried again where the storage is only busy. */
export async function sendFiles(files: readonly FileToSend[], addresses: readonly Address[], tools: SendTools): Promise<void> {
  const urls = new Map(addresses.map((address) => [address.name, address.url]));
  for (const file of files) {
    const url = urls.get(file.name);
    if (url === undefined) throw new NoAddressError(file.name);
    await sendOne(url, file, tools);
  }
}
