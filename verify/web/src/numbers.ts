// Certificate numbers and ID numbers as people type them: the same rules as verify/core (certificate.py, identity.py),
// so that a slip is seen while typing. The server judges again; tests/vectors hold for both.

/** A number as it is filed (docs, Formats: Certificate number). */
export function compact(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Pd}\u2212\u2800]/gu, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The check character of digits and capital letters: ISO 7064 MOD 37,36. */
function checkCharacter(body: string): string {
  let product = 36;
  for (const character of body) {
    product = (((product + ALPHABET.indexOf(character)) % 36 || 36) * 2) % 37;
  }
  return ALPHABET.charAt((37 - product) % 36);
}

/** Whether the text has the shape of a default number of one of the programmes and a check that does not fit. */
export function isSlip(text: string, programmes: readonly string[]): boolean {
  const number = compact(text);
  return programmes.some(
    (code) =>
      number.startsWith(code) &&
      /^[0-9]{10}[0-9A-Z]$/.test(number.slice(code.length)) &&
      checkCharacter(number.slice(0, -1)) !== number.slice(-1),
  );
}

export type IdFault = "id_length" | "id_checksum" | "id_date";

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

function residentCheck(body: string): string {
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(body.charAt(place)), 0);
  return "10X98765432".charAt(sum % 11);
}

/** The number by which GB 11643 shows its check, of somebody born in 1880. */
const STANDARD_EXAMPLE = "440524188001010014";

/** Whether eight digits yyyymmdd are a day from 1900 to today (in China). */
function isBirth(digits: string, now: Date): boolean {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)];
  const born = new Date(`${year}-${month}-${day}`);
  const exists = !isNaN(born.getTime()) && born.getUTCDate() === Number(day); // 31 April becomes 1 May
  return exists && year >= "1900" && born.getTime() <= now.getTime() + 8 * 3_600_000;
}

/** What is wrong with a resident ID number (GB 11643), as typed; null where nothing is. */
export function residentFault(text: string, now = new Date()): IdFault | null {
  let key = compact(text);
  if (/^[A-Z]{3}[0-9]{12}$/.test(key)) {
    // A foreign permanent resident's card from before 2023: no check, and no century.
    return ["19", "20"].some((century) => isBirth(century + key.slice(7, 13), now)) ? null : "id_date";
  }
  if (/^[0-9]{15}$/.test(key)) {
    const body = `${key.slice(0, 6)}19${key.slice(6)}`;
    key = body + residentCheck(body);
  }
  if (!/^[0-9]{17}[0-9X]$/.test(key)) return "id_length";
  if (residentCheck(key) !== key.charAt(17)) return "id_checksum";
  return isBirth(key.slice(6, 14), now) || key === STANDARD_EXAMPLE ? null : "id_date";
}

/** Whether a resident ID number has a slip in it: of one that is still being typed nothing can be said. */
export function isIdSlip(text: string): boolean {
  return compact(text).length >= 18 && residentFault(text) !== null;
}
