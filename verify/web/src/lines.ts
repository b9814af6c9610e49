// Newline-delimited JSON, as it arrives.

/** Every value of a stream of JSON lines, each as soon as its line is whole. */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    let end: number;
    while ((end = rest.indexOf("\n")) >= 0) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line.trim()) yield JSON.parse(line);
    }
    if (done) {
      if (rest.trim()) yield JSON.parse(rest);
      return;
    }
  }
}
