// The service worker of the installed app. It keeps one version of the app's own files, whole, under their exact
// addresses, and answers with them; pages and answers of the server it never keeps. Where a page cannot be had it gives
// the app instead, which says so.

interface Shell {
  readonly version: string;
  /** Address of each file, and the beginning of its SHA-256. */
  readonly files: Readonly<Record<string, string>>;
  /** The app's page by language; the first is for people who want none of them. */
  readonly pages: Readonly<Record<string, string>>;
}

declare const SHELL: Shell; // the server writes it in front of this script

interface Lasting extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Fetching extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
/** What of a service worker's scope is used here (the types of pages know no worker's). */
interface Worker {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Lasting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

const worker = self as unknown as Worker;
const STORE = `shell-${SHELL.version}`;

const hexOf = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Keeps one file as it should be; half a file, or one of another version, ends the installing. */
async function keep(store: Cache, address: string, digest: string): Promise<void> {
  const response = await fetch(address, { cache: "reload", credentials: "omit" });
  const body = await response.clone().arrayBuffer();
  const found = hexOf(await crypto.subtle.digest("SHA-256", body));
  if (!response.ok || !found.startsWith(digest)) throw new Error(`not as it should be: ${address}`);
  await store.put(address, response);
}

async function install(): Promise<void> {
  const store = await caches.open(STORE);
  try {
    await Promise.all(Object.entries(SHELL.files).map(([address, digest]) => keep(store, address, digest)));
  } catch (error) {
    await caches.delete(STORE); // no room, or no whole version: the one before stays
    throw error;
  }
}

/** Drops the versions before this one; what the app keeps is not in them. */
async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== STORE) await caches.delete(name);
  await worker.clients.claim();
}

function appPage(address: URL): string {
  const wanted = [address.searchParams.get("lang") ?? "", ...navigator.languages];
  const codes = Object.keys(SHELL.pages);
  const found = wanted.map((one) => codes.find((code) => one && code.split("-")[0] === one.split("-")[0])).find(Boolean);
  return SHELL.pages[found ?? codes[0] ?? ""] ?? "/app";
}

async function kept(address: string): Promise<Response | undefined> {
  return (await caches.open(STORE)).match(address);
}

async function navigate(request: Request, address: URL): Promise<Response> {
  if (address.pathname === "/app") return (await kept(appPage(address))) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const page = await kept(appPage(address));
    if (page) return page;
    throw error;
  }
}

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", (event) => {
  if (event.data === "use the new version") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(navigate(request, address));
  else if (address.pathname + address.search in SHELL.files) {
    event.respondWith(kept(address.pathname + address.search).then((found) => found ?? fetch(request)));
  }
});
