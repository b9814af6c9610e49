// The QR decoder: zxing-wasm, its WebAssembly from our own address. A bundle of its own, loaded when wanted.

import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

/** Finds the texts of the QR codes in a picture. */
export type Reader = (picture: ImageData) => Promise<string[]>;

/** The decoder, ready to work. Rejects where the browser will not run WebAssembly. */
export async function load(wasm: string): Promise<Reader> {
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  return async (picture) => {
    const found = await readBarcodes(picture, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 8 });
    return found.filter((code) => code.isValid).map((code) => code.text);
  };
}
