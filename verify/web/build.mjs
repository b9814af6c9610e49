// Bundles the pages' scripts into the service's static files; with --tests, the unit tests into .tests/.
import { copyFile, readdir, rm } from "node:fs/promises";
import { build } from "esbuild";

// The WebViews of phones of 2019: WeChat's on Android, and iOS 12.
const target = ["chrome74", "safari12.1"];
const supported = { destructuring: true }; // esbuild counts Safari's out, for one rare shape that nothing here has
const common = { bundle: true, format: "esm", legalComments: "none", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  await rm(".tests", { recursive: true, force: true });
  const names = (await readdir("tests")).filter((name) => name.endsWith(".ts"));
  await build({
    ...common,
    platform: "node",
    entryPoints: names.map((name) => `tests/${name}`),
    outdir: ".tests",
    outExtension: { ".js": ".mjs" },
  });
} else {
  const out = "../http/static/web";
  await rm(out, { recursive: true, force: true });
  await build({
    ...common,
    target,
    supported,
    minify: true,
    splitting: true,
    entryPoints: ["site", "solver", "upload", "batch", "scan"].map((name) => `src/${name}.ts`),
    chunkNames: "[name]-[hash]",
    outdir: out,
  });
  // The installed app wants a browser with BigInt; others get the plain pages, which check at the server.
  const app = { ...common, target: ["chrome87", "safari14"], supported, minify: true };
  await build({ ...app, splitting: true, entryPoints: ["src/app/installed.ts"], chunkNames: "[name]-[hash]", outdir: `${out}/app` });
  await build({ ...app, format: "iife", entryPoints: ["src/service.ts"], outdir: out });
  await copyFile("node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", `${out}/zxing_reader.wasm`);
}
