// The upload form: drop a picture or PDF anywhere on the page, paste one, or choose one; it is sent at once.

import { accept, firstWithin, put } from "./files";
import { part, words } from "./page";

function enhance(form: HTMLFormElement): void {
  const field = part<HTMLInputElement>(form, "file");
  const status = part<HTMLElement>(form, "status");
  const most = Number(form.dataset["most"]);
  const send = (files: Iterable<File>) => {
    const file = firstWithin(files, most);
    if (file === null) return;
    if (file === "too_large") {
      status.textContent = words(form, "too_large");
      return;
    }
    status.textContent = words(form, "sending");
    form.classList.add("is-busy");
    put(field, file);
    form.submit();
  };
  form.classList.add("is-enhanced");
  field.addEventListener("change", () => send(field.files ?? []));
  accept(form, send);
  addEventListener("pageshow", () => {
    form.classList.remove("is-busy");
    form.reset();
    status.textContent = "";
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-upload]")) enhance(form);
