// The installed app: checks certificates by itself, with what it keeps on this device, and asks the server beside.

import { fill, part } from "../page";
import { digits, hostOf } from "../qr_text";
import { Scanner, pictureOf } from "../scanner";
import { Refused } from "../verifier/refused";
import { type Verdict, judge } from "../verifier/verdict";
import { type Known, type News, ask, check, renew } from "./asking";
import { daysOld, judgeClock, timeToJudge } from "./clocks";
import { type Differences, type Said, differences } from "./comparing";
import { forget, keep, recall } from "./kept";
import { type Phrase, Teller, type Words, element } from "./telling";

const OLD = 30; // days after which what is known is called old
/** What only the centre's snapshot tells; all else is in the code itself, or in its dates. */
const BY_SNAPSHOT: readonly string[] = ["revoked", "suspended", "replaced", "withdrawn"];
const seconds = (): number => Math.floor(Date.now() / 1000);

class App {
  private readonly teller: Teller;
  private readonly result: HTMLElement;
  private known: Known | null = null;
  private news: News | null = null;
  private full = false;
  private turn = 0;

  constructor(private readonly root: HTMLElement) {
    const words = JSON.parse(part(root, "words").textContent ?? "{}") as Words;
    this.teller = new Teller(words, document.documentElement.lang);
    this.result = part(root, "result");
    const form = part<HTMLFormElement>(root, "paste");
    const field = part<HTMLTextAreaElement>(root, "text");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.show(field.value);
    });
    const scanner = new Scanner(part(root, "scan"), (text) => this.found(text));
    const photo = part<HTMLInputElement>(root, "photo");
    photo.addEventListener("change", () => void this.read(photo, scanner));
    part(root, "forget").addEventListener("click", () => void this.forget());
    part(root, "renew").addEventListener("click", () => void this.renew());
    addEventListener("online", () => void this.renew());
    addEventListener("offline", () => this.tell());
  }

  async start(): Promise<void> {
    await this.recall();
    this.tell();
    const asked = digits(location.href) ?? digits(decodeURIComponent(location.hash.slice(1)));
    if (!asked && location.pathname !== "/app") this.notice("stands_in");
    const renewing = this.renew();
    if (!this.known) await renewing;
    if (asked) await this.show(asked);
    await renewing;
    this.root.dataset["state"] = "ready";
    await this.install(); // last, so that what somebody waits for comes first
  }

  private async recall(): Promise<void> {
    const kept = await recall();
    if (!kept) return;
    try {
      this.known = await check(kept);
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // what does not hold together is asked for anew
    }
  }

  /** The service worker: the app is there without a network from now on. */
  private async install(): Promise<void> {
    if (!navigator.serviceWorker) return this.notice("no_worker");
    try {
      const registration = await navigator.serviceWorker.register("/sw.js");
      this.offer(registration);
      registration.addEventListener("updatefound", () => {
        registration.installing?.addEventListener("statechange", () => this.offer(registration));
      });
      await navigator.serviceWorker.ready;
      this.root.dataset["installed"] = "yes";
      await navigator.storage?.persist?.();
    } catch {
      if (navigator.onLine) this.notice("not_installed");
    }
  }

  /** A newer version of the app waits until somebody takes it. */
  private offer({ waiting }: ServiceWorkerRegistration): void {
    if (!waiting || !navigator.serviceWorker.controller) return;
    const take = element("button", "", this.teller.say("take_version"));
    take.addEventListener("click", () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting.postMessage("use the new version");
    });
    fill(part(this.root, "version"), [this.teller.note("caution", this.teller.say("new_version")), take]);
  }

  private notice(name: string): void {
    part(this.root, "version").append(this.teller.note("caution", this.teller.say(name)));
  }

  private async renew(): Promise<void> {
    const pinned = this.root.dataset["root"] ?? "";
    const root = this.known?.kept.root ?? pinned;
    [this.known, this.news] = await renew(root, this.known, seconds());
    if (this.known && this.news !== "no_network") this.full = !(await keep(this.known.kept));
    this.tell();
  }

  private async forget(): Promise<void> {
    await forget();
    this.known = null;
    this.root.dataset["state"] = "forgotten";
    fill(this.result, []);
    const fields = this.root.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea");
    for (const field of fields) field.value = ""; // a code's text names its holder
    if (location.hash) history.replaceState(null, "", location.pathname);
    fill(part(this.root, "knowledge"), [this.teller.note("good", this.teller.say("forgotten"))]);
  }

  /** What is known here and as of when, and what could not be asked. */
  private tell(): void {
    const { teller, known, news } = this;
    const lines: HTMLElement[] = [];
    const line = (name: string, values: Record<string, string | number> = {}): void => {
      lines.push(element("p", "", teller.say(name, values)));
    };
    if (!known) {
      lines.push(teller.note("caution", teller.say(news === "keyring_refused" ? "keyring_refused" : "nothing_known")));
    } else {
      const { snapshot } = known.knowledge;
      const now = this.now(known);
      if (snapshot) line("status_as_of", { moment: teller.moment(snapshot.takenAt), days: daysOld(snapshot.takenAt, now) });
      else line("no_snapshot");
      line("asked_at", { moment: teller.moment(known.kept.askedAt) });
      const clock = judgeClock(seconds(), known.knowledge.newestTime, known.kept.ahead);
      if (clock !== "fine") lines.push(teller.note("caution", teller.say(`clock_${clock}`, { moment: teller.moment(now) })));
      if (snapshot && daysOld(snapshot.takenAt, now) > OLD) lines.push(teller.note("caution", teller.say("old", { days: daysOld(snapshot.takenAt, now) })));
      if (known.kept.root !== (this.root.dataset["root"] ?? "")) lines.push(teller.note("bad", teller.say("other_root")));
    }
    if (!navigator.onLine || news === "no_network") line("could_not_ask");
    if (news === "keyring_went_back" || (known && news === "keyring_refused")) lines.push(teller.note("bad", teller.say("keyring_changed")));
    if (news === "snapshot_refused") lines.push(teller.note("bad", teller.say("snapshot_refused")));
    if (this.full) lines.push(teller.note("caution", teller.say("full")));
    fill(part(this.root, "knowledge"), lines);
  }

  private now({ knowledge, kept }: Known): number {
    return timeToJudge(seconds(), knowledge.newestTime, kept.ahead);
  }

  private found(text: string): boolean {
    if (digits(text) === null) return false;
    void this.show(text);
    return true;
  }

  /** A photo that was chosen: its first code. */
  private async read(field: HTMLInputElement, scanner: Scanner): Promise<void> {
    const file = field.files?.[0];
    if (!file) return;
    try {
      const picture = await createImageBitmap(file);
      const seen = pictureOf(picture, picture.width, picture.height);
      const texts = seen ? await (await scanner.reader())(seen) : [];
      const text = texts.find((one) => digits(one) !== null) ?? texts[0];
      if (text !== undefined) return await this.show(text);
    } catch {
      // a file that is no picture is told as one without a code
    }
    fill(this.result, [this.teller.note("caution", this.teller.say("no_code"))]);
  }

  /** Judges a text here, shows that at once, and holds the server's answer against it when it comes. */
  private async show(text: string): Promise<void> {
    this.turn += 1;
    const { turn, teller } = this;
    if (!this.known) return fill(this.result, [teller.note("caution", teller.say("nothing_known"))]);
    const host = hostOf(text);
    const hosts = this.known.chain.newest.hosts.map((one) => one.toLowerCase());
    if (host !== null && !hosts.includes(host) && host !== location.host) {
      return fill(this.result, [teller.note("caution", teller.say("other_centre", { host }), teller.say("other_centre_more", { hosts: hosts.join(", ") }))]);
    }
    let own = await this.judge(this.known, text);
    if (own.outcome === "unknown_key") {
      await this.renew(); // a key that is newer than what is known here
      own = await this.judge(this.known, text);
    }
    if (turn !== this.turn) return;
    this.tellVerdict(own, null, []);
    const said = await this.second(text);
    const receipt = said?.receipt?.tlog_proof;
    if (receipt) own = await this.judge(this.known, text, receipt); // its place in the log, proved here
    if (turn === this.turn) this.tellVerdict(own, said, said ? differences(own, said) : []);
    this.result.dataset["asked"] = said ? "yes" : "no";
  }

  private async judge(known: Known, text: string, receipt: string | null = null): Promise<Verdict> {
    performance.mark("judging");
    const { chain, knowledge } = known;
    const verdict = await judge(text, { chain, knowledge, clock: this.now(known), receipt });
    performance.measure("judged", "judging"); // bench/installed_app.py reads it
    return verdict;
  }

  /** What the server of the moment says; null where it cannot be asked. */
  private async second(text: string): Promise<Said | null> {
    try {
      const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ qr: text, receipt: true }) };
      const response = await ask("/api/v1/verify", options);
      return response.ok ? ((await response.json()) as Said) : null;
    } catch {
      return null;
    }
  }

  private tellVerdict(own: Verdict, said: Said | null, differing: Differences): void {
    const { teller } = this;
    const shown: Node[] = [];
    if (said && differing.length) {
      const [mine, theirs] = [teller.phrase(own).headline, teller.phrase(said).headline];
      const fields = differing.filter((field) => field !== "outcome").map((field) => teller.words.fields[field] ?? field);
      const phrase: Phrase = { tone: "bad", mark: "cross", headline: teller.say("differ"), meaning: "" };
      const lines = [teller.say("differ_more"), teller.say("this_app_says", { outcome: mine }), teller.say("server_says", { outcome: theirs })];
      if (fields.length) lines.push(teller.say("differing_fields", { fields: fields.join(", ") }));
      const head = teller.head(phrase, lines);
      head.setAttribute("role", "alert");
      shown.push(head);
    } else if (said) {
      const phrase = teller.phrase(said);
      shown.push(teller.head(phrase, [phrase.meaning, teller.say(own.outcome === said.outcome ? "agree" : "server_knows_more")]));
    } else shown.push(this.alone(own));
    if (own.certificate) {
      shown.push(element("h3", "", teller.say("fields")));
      const { tone } = teller.phrase(own);
      if (tone === "good" || tone === "caution") shown.push(element("p", "", teller.say("hold_against")));
      shown.push(teller.certificate(own.certificate));
    }
    shown.push(element("h3", "", teller.say("steps")), teller.steps(own));
    fill(this.result, shown);
    this.result.dataset["outcome"] = own.outcome;
    this.result.querySelector<HTMLElement>("h2")?.focus();
  }

  /** What this app knows by itself, with as of when, and what it could not ask. */
  private alone(own: Verdict): HTMLElement {
    const { teller } = this;
    const phrase = teller.phrase(own);
    const at = own.snapshot ? teller.moment(Date.parse(own.snapshot.taken_at) / 1000) : "";
    const days = own.snapshot ? daysOld(Date.parse(own.snapshot.taken_at) / 1000, Date.parse(own.checked_at) / 1000) : 0;
    const retired = own.checks[4]?.code === "key_retired" ? teller.say("key_retired") : "";
    if (own.outcome !== "valid") return teller.head(phrase, [phrase.meaning, BY_SNAPSHOT.includes(own.outcome) ? teller.say("by_snapshot", { moment: at }) : "", teller.say("not_asked")]);
    if (own.checks[7]?.result !== "pass") {
      const unknown = { tone: "caution", mark: "question", headline: teller.say("genuine_unknown"), meaning: "" };
      return teller.head(unknown, [teller.words.details[own.checks[7]?.code ?? ""] ?? "", retired, teller.say("not_asked")]);
    }
    const tone = days > OLD || retired ? "caution" : "good";
    const good = { tone, mark: "tick", headline: teller.say("valid_as_of", { moment: at }), meaning: "" };
    return teller.head(good, [teller.say("unknown_since", { days }), retired, days > OLD ? teller.say("old", { days }) : "", teller.say("not_asked")]);
  }
}

for (const root of document.querySelectorAll<HTMLElement>("[data-app]")) void new App(root).start();
