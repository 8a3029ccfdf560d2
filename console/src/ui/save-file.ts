/** Gives a file that was made in the browser to the person. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  openDownload(url, name);
  URL.revokeObjectURL(url);
}

export function openDownload(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
