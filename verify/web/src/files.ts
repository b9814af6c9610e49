// Dropping and pasting a file into a form that can also be used without this script.

/** The first file among several that may be sent, by its size alone: what it is, the server judges by its bytes. */
export function firstWithin<T extends { size: number }>(files: Iterable<T>, most: number): T | "too_large" | null {
  let tooLarge = false;
  for (const file of files) {
    if (file.size <= most) return file;
    tooLarge = true;
  }
  return tooLarge ? "too_large" : null;
}

/** Makes the whole page take what is dropped, and what is pasted outside a field; ``taken`` gets what came. */
export function accept(zone: HTMLElement, taken: (files: FileList) => void): void {
  const hot = (on: boolean) => zone.classList.toggle("is-hot", on);
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    hot(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) hot(false);
  });
  document.addEventListener("drop", (event) => {
    hot(false);
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    taken(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    taken(event.clipboardData.files);
  });
}

/** Puts one file into a form's file field, as if it had been chosen. */
export function put(field: HTMLInputElement, file: File): void {
  const carrier = new DataTransfer();
  carrier.items.add(file);
  field.files = carrier.files;
}
