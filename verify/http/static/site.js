// What script adds to pages that work without it: slips seen while typing, the lookup's proof of work, countdowns.
"use strict";

// Numbers as they are filed: NFKC, upper case, without spaces, dashes and invisible characters.
function compact(text) {
  return text.normalize("NFKC").replace(/[\s\p{Cc}\p{Cf}\p{Pd}\p{Z}\u2212]/gu, "").toUpperCase();
}

// ISO 7064 MOD 37,36.
function checkCharacter(body) {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  let product = 36;
  for (const character of body) {
    product = (((product + alphabet.indexOf(character)) % 36 || 36) * 2) % 37;
  }
  return alphabet[(37 - product) % 36];
}

function numberSlips(text, programmes) {
  const number = compact(text);
  return programmes.some(
    (code) =>
      number.startsWith(code) &&
      /^[0-9]{10}[0-9A-Z]$/.test(number.slice(code.length)) &&
      checkCharacter(number.slice(0, -1)) !== number.slice(-1),
  );
}

// GB 11643.
function idSlips(text) {
  const number = compact(text);
  if (number.length < 18) return false;
  if (!/^[0-9]{17}[0-9X]$/.test(number)) return true;
  const born = new Date(`${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`);
  if (isNaN(born) || born.getUTCDate() !== Number(number.slice(12, 14))) return true; // 31 April becomes 1 May
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, place) => total + weight * Number(number[place]), 0);
  return "10X98765432"[sum % 11] !== number[17];
}

function watch(input, slips) {
  const help = document.getElementById(input.getAttribute("aria-describedby")?.split(" ")[0] ?? "");
  if (!help) return;
  const note = document.createElement("small");
  note.className = "slip";
  note.setAttribute("role", "status");
  help.after(note);
  const look = () => {
    note.textContent = slips(input.value) ? help.dataset.slip : "";
    note.classList.toggle("shown", note.textContent !== "");
  };
  input.addEventListener("input", look);
  look();
  return look;
}

for (const form of document.querySelectorAll("form[data-numbers]")) {
  const programmes = form.dataset.numbers.split(" ").filter(Boolean);
  watch(form.elements.number, (text) => numberSlips(text, programmes));
}

for (const form of document.querySelectorAll("form[data-lookup]")) {
  const kind = form.elements.id_type;
  const look = watch(form.elements.id_number, (text) => kind.value === "resident" && idSlips(text));
  kind.addEventListener("change", look);
  form.addEventListener("submit", (event) => prove(event, form));
}

// The lookup's proof of work (ALTCHA): a challenge for this name, solved by workers, sent with the form.
async function prove(event, form) {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  const status = form.querySelector("[role=status].work");
  button.disabled = true;
  status.textContent = form.dataset.working;
  try {
    const asked = await fetch("/api/v1/challenge", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: form.elements.name.value }),
    });
    if (!asked.ok) throw new Error(asked.status);
    const challenge = await asked.json();
    const solution = await solve(challenge.parameters, form.dataset.solver);
    form.elements.altcha.value = btoa(JSON.stringify({ challenge, solution }));
    form.submit();
  } catch {
    status.textContent = form.dataset.failed;
  }
  button.disabled = false;
}

function solve(parameters, solver) {
  const count = Math.min(Math.max(navigator.hardwareConcurrency || 2, 1), 8);
  const workers = [];
  const done = new Promise((resolve, reject) => {
    for (let start = 0; start < count; start += 1) {
      const worker = new Worker(solver);
      worker.onmessage = (event) => (event.data ? resolve(event.data) : reject(new Error("unsolved")));
      worker.onerror = reject;
      worker.postMessage({ parameters, start, step: count });
      workers.push(worker);
    }
  });
  return done.finally(() => workers.forEach((worker) => worker.terminate()));
}

// A page that the browser kept must not keep its button disabled.
window.addEventListener("pageshow", () => {
  for (const status of document.querySelectorAll(".work")) status.textContent = "";
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Countdowns: the server writes the days and hours left, this keeps them true.
for (const left of document.querySelectorAll("[data-until]")) {
  const until = Date.parse(left.dataset.until);
  const words = JSON.parse(left.dataset.words);
  const tick = () => {
    const minutes = Math.max(0, Math.floor((until - Date.now()) / 60000));
    const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
    left.textContent = minutes
      ? words.left.replace("{days}", days).replace("{hours}", hours).replace("{minutes}", minutes % 60)
      : words.over;
    if (minutes) setTimeout(tick, 20000);
  };
  tick();
}
