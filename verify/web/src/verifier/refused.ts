// What is not as the format says: a stable code, and never a word of the text that it came from.

export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}
