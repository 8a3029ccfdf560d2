import type { Page } from "@playwright/test";
import { crc32, deflateRawSync } from "node:zlib";

/** A zip of small PNGs with a json of boxes beside each; half of them show a square, half a disc. */
export async function detectionArchive(page: Page, count: number): Promise<Buffer> {
  const files: { name: string; content: Buffer }[] = [];
  for (let index = 0; index < count; index += 1) {
    const label = index % 2 === 0 ? "square" : "disc";
    const name = `shape_${String(index).padStart(3, "0")}`;
    const left = 12 + ((index * 7) % 40);
    files.push({ name: `${name}.png`, content: await picture(page, index, label, left) });
    const box = { name: label, x1: left, y1: 20, x2: left + 40, y2: 60 };
    files.push({ name: `${name}.json`, content: Buffer.from(JSON.stringify({ labels: [box] })) });
  }
  return zip(files);
}

/** Drawn by the browser, so that no image library is needed. */
async function picture(page: Page, index: number, label: string, left: number): Promise<Buffer> {
  const encoded = await page.evaluate(
    ([number, shape, x]) => {
      const canvas = document.createElement("canvas");
      canvas.width = 120;
      canvas.height = 90;
      const draw = canvas.getContext("2d");
      if (!draw) throw new Error("no canvas");
      draw.fillStyle = `hsl(${number * 29} 30% ${70 + (number % 5) * 4}%)`;
      draw.fillRect(0, 0, 120, 90);
      draw.fillStyle = `hsl(${number * 67} 60% 40%)`;
      if (shape === "square") draw.fillRect(x, 20, 40, 40);
      else {
        draw.beginPath();
        draw.arc(x + 20, 40, 20, 0, 2 * Math.PI);
        draw.fill();
      }
      draw.fillText(String(number), 4, 84);
      return canvas.toDataURL("image/png").slice("data:image/png;base64,".length);
    },
    [index, label, left] as const,
  );
  return Buffer.from(encoded, "base64");
}

function zip(files: readonly { readonly name: string; readonly content: Buffer }[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const packed = deflateRawSync(content);
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4); // deflate
    common.writeUInt16LE(0x21, 8); // 1 January 1980
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, path, packed]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, entry, path]));
    bodies.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}
