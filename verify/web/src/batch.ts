// The bulk page: sends the form in the background, shows how far the check is, then the server's own result.

import { accept, firstWithin, put } from "./files";
import { lines } from "./lines";
import { fill, part, words } from "./page";

type Event = { total?: number; done?: number; html?: string };

function enhance(form: HTMLFormElement): void {
  const field = part<HTMLInputElement>(form, "file");
  const status = part<HTMLElement>(form, "status");
  const bar = part<HTMLProgressElement>(form, "progress");
  const button = part<HTMLButtonElement>(form, "send");
  const most = Number(form.dataset["most"]);

  const finish = (text: string) => {
    status.textContent = text;
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

  const send = async () => {
    button.disabled = true;
    bar.hidden = false;
    bar.removeAttribute("value");
    status.textContent = words(form, "sending");
    for (const old of document.querySelectorAll('[data-part="result"]')) fill(old, []);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/x-ndjson" },
      });
      if (!response.ok || !response.body) return finish(await reason(response));
      let total = 0;
      for await (const event of lines(response.body)) total = take(event as Event, total);
      finish("");
    } catch {
      finish(words(form, "failed"));
    }
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
    if (file === "too_large") status.textContent = words(form, "too_large");
    else if (file) {
      put(field, file);
      void send();
    }
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-batch]")) enhance(form);
