// The bulk page: sends the form in the background, shows how far the check is, then the server's own result.

import { accept, firstWithin, put } from "./files";
import { lines } from "./lines";
import { fill, part, words } from "./page";
import { type Challenge, secondsOf, solve } from "./proof";

type Event = { total?: number; done?: number; html?: string; challenge?: Challenge };

function enhance(form: HTMLFormElement): void {
  const field = part<HTMLInputElement>(form, "file");
  const status = part<HTMLElement>(form, "status");
  const bar = part<HTMLProgressElement>(form, "progress");
  const button = part<HTMLButtonElement>(form, "send");
  const most = Number(form.dataset["most"]);

  /** Says what went wrong, or nothing where all is there. */
  const refuse = (text: string) => {
    status.textContent = text;
    status.classList.toggle("refused", text !== "");
  };

  const finish = (text: string) => {
    refuse(text);
    bar.hidden = true;
    button.disabled = false;
  };

  const show = (html: string) => {
    const result = document.querySelector<HTMLElement>('[data-part="result"]');
    if (!result) return;
    const parsed = new DOMParser().parseFromString(html, "text/html");
    fill(result, parsed.body.childNodes);
    result.querySelector<HTMLElement>("[tabindex]")?.focus();
  };

  const take = (event: Event, total: number): number => {
    if (event.total !== undefined) bar.max = total = event.total;
    if (event.done !== undefined) {
      bar.value = event.done;
      status.textContent = words(form, "running").replace("%d", String(event.done)).replace("%t", String(total));
    }
    if (event.html !== undefined) show(event.html);
    return total;
  };

  const send = async (proof?: string): Promise<void> => {
    button.disabled = true;
    bar.hidden = false;
    bar.removeAttribute("value");
    refuse("");
    status.textContent = words(form, "sending");
    for (const old of document.querySelectorAll('[data-part="result"]')) fill(old, []);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: withProof(new FormData(form), proof),
        headers: { Accept: "application/x-ndjson" },
      });
      if (!response.ok || !response.body) return finish(await reason(response));
      let total = 0;
      let wanted: Challenge | undefined;
      for await (const event of lines(response.body)) {
        total = take(event as Event, total);
        wanted = (event as Event).challenge ?? wanted;
      }
      if (wanted && !proof) return await prove(wanted);
      finish("");
    } catch {
      finish(words(form, "failed"));
    }
  };

  /** Names that are compared for a proof of work only: done here, and the list sent once more with it. */
  const prove = async (challenge: Challenge): Promise<void> => {
    if (!isSecureContext) return finish(words(form, "insecure"));
    bar.removeAttribute("value");
    status.textContent = words(form, "working").replace("%s", String(secondsOf(challenge)));
    return send(await solve(challenge));
  };

  const reason = async (response: Response): Promise<string> => {
    try {
      const { detail } = (await response.json()) as { detail?: string };
      return detail ?? words(form, "failed");
    } catch {
      return words(form, "failed");
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  accept(form, (files) => {
    const file = firstWithin(files, most);
    if (file === "too_large") refuse(words(form, "too_large"));
    else if (file) {
      put(field, file);
      void send();
    }
  });
}

function withProof(data: FormData, proof?: string): FormData {
  if (proof) data.set("altcha", proof);
  return data;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-batch]")) enhance(form);
