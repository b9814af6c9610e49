// Countdowns: the server writes the days and hours left, this keeps them true.

export interface Words {
  readonly left: string;
  readonly over: string;
}

/** What is left of some milliseconds, to the minute, in the page's words. */
export function leftOver(milliseconds: number, words: Words): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (!(minutes > 0)) return words.over; // also for a time that is none
  const left: Record<string, number> = {
    days: Math.floor(minutes / 1440),
    hours: Math.floor(minutes / 60) % 24,
    minutes: minutes % 60,
  };
  return words.left.replace(/\{(\w+)\}/g, (whole, unit: string) => String(left[unit] ?? whole));
}

/** Keeps an element's text true until its time is over. */
export function countDown(element: HTMLElement): void {
  const until = Date.parse(element.dataset["until"] ?? "");
  const words = JSON.parse(element.dataset["words"] ?? "{}") as Words;
  const tick = () => {
    element.textContent = leftOver(until - Date.now(), words);
    if (until > Date.now()) setTimeout(tick, 20_000);
  };
  tick();
}
