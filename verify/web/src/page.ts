// What all scripts need of the page: its parts, and its own words (translated by the server).

/** The part with this data-part name; throws where the page has none, which is a mistake of ours. */
export function part<T extends HTMLElement>(root: ParentNode, name: string): T {
  const found = root.querySelector<T>(`[data-part="${name}"]`);
  if (!found) throw new Error(`no part ${name}`);
  return found;
}

/** The page's words for a code: the text of its [data-say] element with that name. */
export function words(root: ParentNode, code: string): string {
  return root.querySelector(`[data-say="${code}"]`)?.textContent?.trim() ?? code;
}

/** The language that the address names, which links keep. */
export function chosenLanguage(): string | null {
  return new URLSearchParams(location.search).get("lang");
}

/** Puts these children in place of an element's own (replaceChildren is not in the WebViews of 2019). */
export function fill(element: Element, children: Iterable<Node>): void {
  element.textContent = "";
  for (const child of Array.from(children)) element.appendChild(child);
}
