/** Sends a file to a presigned address; `fetch` cannot tell how many bytes went out, XMLHttpRequest can. */
export type PutFile = (url: string, file: Blob, onProgress: (sentBytes: number) => void, signal: AbortSignal) => Promise<void>;

export class UploadRefusedError extends Error {
  constructor(readonly status: number) {
    super(status === 0 ? "no answer" : `HTTP ${status}`);
    this.name = "UploadRefusedError";
  }
}

export const putFileByXhr: PutFile = (url, file, onProgress, signal) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => {
      request.abort();
    };
    request.open("PUT", url);
    request.upload.onprogress = (event) => {
      onProgress(event.loaded);
    };
    request.onload = () => {
      signal.removeEventListener("abort", stop);
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new UploadRefusedError(request.status));
    };
    request.onerror = () => {
      signal.removeEventListener("abort", stop);
      reject(new UploadRefusedError(0));
    };
    request.onabort = () => {
      reject(new DOMException("upload stopped", "AbortError"));
    };
    signal.addEventListener("abort", stop);
    request.send(file);
  });
