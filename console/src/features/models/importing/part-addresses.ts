import { importPartUrls } from "@/api/queries/repository";
import type { ModelImport, ModelUpload } from "@/api/serving";
import type { Address } from "@/ui/upload/send-files";

const URLS_PER_CALL = 50;

/** Where the files of an import go; addresses that it did not bring are asked for as the upload gets there. */
export function partAddresses(projectId: number, modelId: number, { import_id, uploads }: ModelImport): Address[] {
  return uploads.map((upload) => {
    const known = new Map(upload.parts.map((part) => [part.part_number, part.url]));
    const urlOf = async (partNumber: number): Promise<string> => {
      if (!known.has(partNumber)) {
        const { items } = await importPartUrls(projectId, modelId, import_id, { file: upload.file, part_numbers: followingParts(upload, partNumber) });
        for (const part of items) known.set(part.part_number, part.url);
      }
      return known.get(partNumber) ?? "";
    };
    return { name: upload.name, partSizeBytes: upload.part_size_bytes, urlOf };
  });
}

function followingParts({ part_count }: ModelUpload, first: number): number[] {
  return Array.from({ length: Math.min(URLS_PER_CALL, part_count - first + 1) }, (_, place) => first + place);
}
