// How the app puts a verdict: the page's own words, built as elements and never from markup.

import type { Names } from "../verifier/fields";
import type { Verdict, View } from "../verifier/verdict";
import type { Said } from "./comparing";

export interface Phrase {
  readonly tone: string;
  readonly mark: string;
  readonly headline: string;
  readonly meaning: string;
}

/** Everything that the app can say, in the page's language; the server translates it when the page is made. */
export interface Words {
  readonly outcomes: Readonly<Record<string, Phrase>>;
  readonly steps: Readonly<Record<string, string>>;
  readonly results: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
  readonly say: Readonly<Record<string, string>>;
}

type Child = Node | string | null;

export function element(tag: string, look: string, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(tag);
  if (look) made.className = look;
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

export class Teller {
  private readonly moments: Intl.DateTimeFormat;

  constructor(
    readonly words: Words,
    private readonly language: string,
  ) {
    const style = { timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false } as const;
    this.moments = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, style); // once, as making one is slow
  }

  /** The sentence of this name, with what it leaves open. */
  say(name: string, values: Readonly<Record<string, string | number>> = {}): string {
    return (this.words.say[name] ?? name).replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
  }

  /** A moment, in Shanghai. */
  moment(seconds: number): string {
    return this.moments.format(seconds * 1000);
  }

  day(moment: string): string {
    const style = { timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric" } as const;
    return new Date(moment).toLocaleDateString(this.language === "en" ? "en-GB" : this.language, style);
  }

  /** How a verdict is put: a code that does not hold together was altered, as the site says it (phrases.of). */
  phrase({ outcome, checks }: Pick<Said, "outcome" | "checks">): Phrase {
    const broken = checks.some(({ step, result, code }) => result === "fail" && (step === 2 || code === "altered"));
    const put = outcome === "unreadable" && broken ? "altered" : outcome;
    return this.words.outcomes[put] ?? { tone: "unknown", mark: "question", headline: outcome, meaning: "" };
  }

  /** The head of an answer. */
  head(phrase: Phrase, lines: readonly string[]): HTMLElement {
    const mark = document.querySelector<HTMLTemplateElement>(`template[data-mark="${phrase.mark}"]`);
    const title = element("h2", "", phrase.headline);
    title.tabIndex = -1;
    const told = element("div", "", title, ...lines.filter(Boolean).map((line) => element("p", "", line)));
    return element("div", `verdict ${phrase.tone}`, mark ? mark.content.cloneNode(true) : null, told);
  }

  note(tone: string, title: string, ...lines: readonly string[]): HTMLElement {
    const note = element("div", `note ${tone}`, element("strong", "", title), ...lines.map((line) => element("p", "", line)));
    if (tone === "bad") note.setAttribute("role", "alert");
    return note;
  }

  /** Every signed field, to hold against the paper. */
  certificate(view: View): HTMLElement {
    const { fields } = this.words;
    const row = (name: string, wide: boolean, look: string, ...shown: readonly Child[]): HTMLElement =>
      element("div", wide ? "wide-row" : "", element("dt", "", fields[name] ?? name), element("dd", look, ...shown));
    const holder = element("bdi", "", view.holder);
    holder.lang = "zh-CN";
    return element(
      "dl", "certificate",
      row("holder", true, "holder", holder),
      row("number", false, "code", view.number),
      row("id_hint", false, "code", view.id_hint || "—"),
      row("programme", false, "", this.named(view.programme.name)),
      row("level", false, "", this.named(view.programme.level)),
      row("exam", true, "", view.exam.code),
      row("issued_at", false, "", this.day(view.issued_at)),
      row("expires_at", false, "", view.expires_at ? this.moment(Date.parse(view.expires_at) / 1000) : (fields["no_end"] ?? "")),
      row("issuers", true, "", ...view.issuers.map((issuer) => element("span", "issuer", this.named(issuer)))),
    );
  }

  /** The nine steps. */
  steps(verdict: Verdict): HTMLElement {
    const { steps, results, details } = this.words;
    return element(
      "ol", "steps",
      ...verdict.checks.map(({ check, result, code }) =>
        element(
          "li", result,
          element("span", "step", steps[check] ?? check), " ",
          element("span", "result", results[result] ?? result),
          code === "not_reached" ? null : element("span", "soft", details[code] ?? code),
        ),
      ),
    );
  }

  private named(names: Names): HTMLElement {
    const english = this.language === "en" && names.en;
    const text = element("span", "", english || names.zh);
    if (!english && this.language === "en") text.lang = "zh-CN";
    return text;
  }
}
