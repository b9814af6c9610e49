// The proof of work (ALTCHA 2): a challenge solved by workers, and a form that brings it along.

export interface Parameters {
  readonly algorithm: string;
  readonly nonce: string;
  readonly salt: string;
  readonly cost: number;
  readonly keyLength: number;
  readonly keyPrefix: string;
  readonly data?: { readonly work?: number };
}

export interface Challenge {
  readonly parameters: Parameters;
  readonly signature: string;
}

export interface Solution {
  readonly counter: number;
  readonly derivedKey: string;
}

/** What a worker (solver.ts) is asked: the counters start, start + step, start + 2 step, … */
export interface Share {
  readonly parameters: Parameters;
  readonly start: number;
  readonly step: number;
}

const MOST_WORKERS = 8;
/** Seconds of work from which on the page says how long it takes. */
const LONG = 3;

/** Solves a challenge; the text that the field or member `altcha` wants. Rejects where this browser cannot. */
export async function solve(challenge: Challenge): Promise<string> {
  const count = Math.min(Math.max(navigator.hardwareConcurrency || 2, 1), MOST_WORKERS);
  const workers: Worker[] = [];
  const done = new Promise<Solution>((resolve, reject) => {
    for (let start = 0; start < count; start += 1) {
      const worker = new Worker(new URL("./solver.js", import.meta.url));
      worker.onmessage = (event: MessageEvent<Solution | null>) =>
        event.data ? resolve(event.data) : reject(new Error("unsolved"));
      worker.onerror = reject;
      worker.postMessage({ parameters: challenge.parameters, start, step: count } satisfies Share);
      workers.push(worker);
    }
  });
  try {
    return btoa(JSON.stringify({ challenge, solution: await done }));
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

/** The service will not give a challenge yet: this network has asked too often. */
class TooOften extends Error {}

/** The challenge for a lookup of this name, and of an ID number that ends like this. */
export async function challengeFor(name: string, idHint: string): Promise<Challenge> {
  const asked = await fetch("/api/v1/challenge", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, id_hint: idHint }),
  });
  if (asked.status === 429) throw new TooOften();
  if (!asked.ok) throw new Error(String(asked.status));
  return (await asked.json()) as Challenge;
}

/** Whatever ends the work: `ask` gets the challenge when the form is about to be sent, null where none is wanted.
 * The form has a hidden field `altcha`, a [data-part=work] to say how far it is, and the words working, long (with the
 * seconds), busy, failed and insecure: over plain http (Secure Contexts, W3C) browsers do no cryptography, which is said
 * at once. Its button may be hidden for browsers that run no script.
 */
export function bringProof(form: HTMLFormElement, ask: () => Promise<Challenge | null>): () => Promise<void> {
  const field = form.elements.namedItem("altcha") as HTMLInputElement;
  const status = form.querySelector<HTMLElement>('[data-part="work"]');
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  const say = (code: "working" | "long" | "busy" | "failed" | "insecure" | null, seconds = 0) => {
    if (status) status.textContent = code === null ? "" : (form.dataset[code] ?? code).replace("%s", String(seconds));
    if (button) button.disabled = code === "working" || code === "long" || code === "insecure";
  };
  if (button) button.hidden = false;
  const work = async () => {
    if (!isSecureContext) return say("insecure");
    say("working");
    try {
      const challenge = await ask();
      const seconds = challenge ? secondsOf(challenge) : 0;
      if (seconds >= LONG) say("long", seconds);
      if (challenge) field.value = await solve(challenge);
      form.submit();
      if (button) button.disabled = false;
    } catch (error) {
      say(error instanceof TooOften ? "busy" : "failed");
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void work();
  });
  if (!isSecureContext) say("insecure");
  // A page that the browser kept must not go on saying that it works.
  addEventListener("pageshow", (event) => {
    if (event.persisted) say(null);
  });
  return work;
}

/** Seconds that a challenge takes here, by what phones of 2022 do; none for one that does not say its work. */
export function secondsOf(challenge: Challenge): number {
  return Math.ceil((challenge.parameters.data?.work ?? 0) / 750_000);
}
