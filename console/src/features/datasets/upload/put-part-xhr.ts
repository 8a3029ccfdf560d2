import { PartRefusedError, type PutPart } from "./multipart-upload";

/** `fetch` cannot tell how many bytes went out; XMLHttpRequest can. */
export const putPartByXhr: PutPart = (url, part, onProgress, signal) =>
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
      if (request.status >= 200 && request.status < 300) resolve(request.getResponseHeader("ETag"));
      else reject(new PartRefusedError(request.status));
    };
    request.onerror = () => {
      signal.removeEventListener("abort", stop);
      reject(new PartRefusedError(0));
    };
    request.onabort = () => {
      reject(new DOMException("upload stopped", "AbortError"));
    };
    signal.addEventListener("abort", stop);
    request.send(part);
  });

export const pauseByTimer = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      window.clearTimeout(timer);
      reject(new DOMException("upload stopped", "AbortError"));
    });
  });
