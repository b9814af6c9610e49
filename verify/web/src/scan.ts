// The camera page: goes to the verdict's page for the code that the camera sees.

import { chosenLanguage } from "./page";
import { verdictAddress } from "./qr_text";
import { Scanner } from "./scanner";

function found(text: string): boolean {
  const address = verdictAddress(text, chosenLanguage());
  if (address) location.assign(address);
  return address !== null;
}

for (const root of document.querySelectorAll<HTMLElement>("[data-scan]")) new Scanner(root, found);
