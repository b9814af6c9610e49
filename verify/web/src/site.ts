// What script adds to pages that work without it: slips seen while typing, the lookup's proof of work, countdowns.

import { countDown } from "./countdown";
import { compact, isIdSlip, isSlip } from "./numbers";
import { type Challenge, bringProof, challengeFor } from "./proof";

function field<T extends HTMLElement = HTMLInputElement>(form: HTMLFormElement, name: string): T {
  return form.elements.namedItem(name) as unknown as T;
}

/** Says beside a field that what stands in it has a slip; the words are those of its help text. */
function watch(input: HTMLInputElement, slips: (text: string) => boolean): () => void {
  const help = document.getElementById(input.getAttribute("aria-describedby")?.split(" ")[0] ?? "");
  const note = document.createElement("small");
  note.className = "slip";
  note.setAttribute("role", "status");
  help?.after(note);
  const look = () => {
    note.textContent = slips(input.value) ? (help?.dataset["slip"] ?? "") : "";
    note.classList.toggle("shown", note.textContent !== "");
  };
  input.addEventListener("input", look);
  look();
  return look;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-numbers]")) {
  const programmes = (form.dataset["numbers"] ?? "").split(" ").filter(Boolean);
  watch(field(form, "number"), (text) => isSlip(text, programmes));
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-lookup]")) {
  const kind = field<HTMLSelectElement>(form, "id_type");
  const look = watch(field(form, "id_number"), (text) => kind.value === "resident" && isIdSlip(text));
  kind.addEventListener("change", look);
  bringProof(form, () => challengeFor(field(form, "name").value, compact(field(form, "id_number").value).slice(-4)));
}

// A name that is compared for a proof of work only: done at once, and sent.
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-challenge]")) {
  const work = bringProof(form, () => Promise.resolve(JSON.parse(form.dataset["challenge"] ?? "null") as Challenge));
  void work();
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const left of document.querySelectorAll<HTMLElement>("[data-until]")) countDown(left);
