/** What the API takes: so many pixels a side are plenty for what it keeps, and so many bytes are the most. */
export const MOST_PIXELS = 512;
export const MOST_BYTES = 180 * 1024;

export interface Cut {
  readonly x: number;
  readonly y: number;
  /** Of the square that is cut out. */
  readonly side: number;
  /** Of what is made of it. */
  readonly size: number;
}

/** The square in the middle of a picture, made smaller where it is large, and never larger. */
export function middleOf(width: number, height: number, most: number = MOST_PIXELS): Cut {
  const side = Math.min(width, height);
  return {
    x: Math.floor((width - side) / 2),
    y: Math.floor((height - side) / 2),
    side,
    size: Math.min(side, most),
  };
}

/** How many bytes a base64 text stands for. */
export const bytesIn = (base64: string): number =>
  Math.floor((base64.replace(/=+$/, "").length * 3) / 4);

/** A file that is no picture, or one that this browser cannot read. */
export class Undecipherable extends Error {
  override readonly name = "Undecipherable";
}

const QUALITIES = [0.9, 0.75, 0.5] as const;

async function decoded(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch (error) {
    throw new Undecipherable("no picture", { cause: error });
  }
}

/** The middle of a picture as a small JPEG in base64, whatever the file was: upright, and with nothing but its pixels. */
export async function toJpeg(file: Blob): Promise<string> {
  const image = await decoded(file);
  const { x, y, side, size } = middleOf(image.width, image.height);
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d");
  if (context === null) throw new Undecipherable("no canvas");
  // A JPEG has no holes; without this they would be black.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, size, size);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, x, y, side, side, 0, 0, size, size);
  image.close();
  for (const quality of QUALITIES) {
    const [, jpeg = ""] = canvas.toDataURL("image/jpeg", quality).split(",");
    if (bytesIn(jpeg) <= MOST_BYTES) return jpeg;
  }
  throw new Undecipherable("too many bytes");
}
