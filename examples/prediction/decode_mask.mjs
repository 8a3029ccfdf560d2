/**
 * The pixels of a prediction's mask: COCO's compressed run lengths, column by column, zeros first.
 *
 * @param {string} mask the answer's `mask`.
 * @param {number} width of the picture that was sent, as it is seen.
 * @param {number} height of that picture.
 * @returns {Uint8Array} a byte for each pixel, row by row: 1 belongs to the object, 0 does not.
 */
export function decodeMask(mask, width, height) {
  const pixels = new Uint8Array(width * height);
  const runs = [];
  let value = 0;
  let shift = 0;
  let place = 0;
  for (let index = 0; index < mask.length; index++) {
    const bits = mask.charCodeAt(index) - 48;
    if (bits < 0 || bits > 63 || shift > 30) throw new Error("the text is no mask");
    value += (bits & 31) * 2 ** shift;
    shift += 5;
    if (bits & 32) continue; // the number goes on in the next character
    if (bits & 16) value -= 2 ** shift; // the highest bit written is the sign
    const run = runs.length > 2 ? value + runs[runs.length - 2] : value;
    if (run < 0 || place + run > pixels.length) throw new Error("the mask is of another picture");
    if (runs.length % 2 === 1) {
      for (let pixel = place; pixel < place + run; pixel++) {
        pixels[(pixel % height) * width + Math.floor(pixel / height)] = 1;
      }
    }
    runs.push(run);
    place += run;
    value = shift = 0;
  }
  if (shift || place !== pixels.length) throw new Error("the mask is cut off");
  return pixels;
}
