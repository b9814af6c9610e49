// A camera that looks for codes: opens it when asked, looks at its pictures, and says what it sees.
// The decoder (zxing-wasm) is loaded only then.

import * as camera from "./camera";
import { fill, part, words } from "./page";
import { otherKind } from "./qr_text";
import type { Reader } from "./reader";

const LONGEST = 1600; // pixels of a picture's longer side that are looked at
const PAUSE = 60; // milliseconds between two looks

export class Scanner {
  private readonly start: HTMLButtonElement;
  private readonly stopper: HTMLButtonElement;
  private readonly torch: HTMLButtonElement;
  private readonly choice: HTMLSelectElement;
  private readonly video: HTMLVideoElement;
  private readonly status: HTMLElement;
  private readonly canvas = document.createElement("canvas");
  private stream: MediaStream | null = null;
  private session = 0;

  /** ``found`` takes a code's text, and tells whether it is one that was looked for. */
  constructor(
    private readonly root: HTMLElement,
    private readonly found: (text: string) => boolean,
  ) {
    this.start = part(root, "start");
    this.stopper = part(root, "stop");
    this.torch = part(root, "torch");
    this.choice = part(root, "choice");
    this.video = part(root, "video");
    this.status = part(root, "status");
    this.start.addEventListener("click", () => void this.open(null));
    this.stopper.addEventListener("click", () => this.stop());
    this.choice.addEventListener("change", () => void this.open(this.choice.value));
    this.torch.addEventListener("click", () => void this.toggleTorch());
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
    addEventListener("pagehide", () => this.stop());
    const why = camera.obstacle({ secure: isSecureContext, devices: Boolean(navigator.mediaDevices?.getUserMedia) });
    if (why) this.refuse(why);
    else this.start.hidden = false;
  }

  private say(code: string): void {
    this.root.dataset["state"] = code;
    this.status.textContent = words(this.root, code);
  }

  private refuse(code: camera.Refusal): void {
    this.stop();
    this.say(code);
    part(this.root, "instead").hidden = false;
    if (code === "insecure" || code === "unsupported") this.start.hidden = true;
  }

  private async open(deviceId: string | null): Promise<void> {
    this.stop();
    const session = this.session;
    this.say("opening");
    this.start.disabled = true;
    try {
      // The decoder comes while the person is asked for the camera.
      const [stream, reader] = await Promise.all([camera.open(deviceId), this.reader()]);
      if (session !== this.session) return camera.close(stream);
      this.stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
      await this.controls(stream);
      this.say("looking");
      void this.look(reader, session);
    } catch (error) {
      this.refuse(camera.refusalOf(error instanceof DOMException ? error.name : ""));
    } finally {
      this.start.disabled = false;
    }
  }

  /** The decoder, loaded when it is wanted. */
  async reader(): Promise<Reader> {
    const { load } = await import("./reader");
    return load(this.root.dataset["wasm"] ?? "");
  }

  private async controls(stream: MediaStream): Promise<void> {
    this.root.classList.add("is-open");
    this.start.hidden = true;
    this.stopper.hidden = false;
    this.torch.hidden = !camera.hasTorch(stream);
    this.torch.setAttribute("aria-pressed", "false");
    const current = stream.getVideoTracks()[0]?.getSettings().deviceId;
    const all = await camera.cameras();
    fill(
      this.choice,
      all.map((device, at) => {
        const label = device.label || `${words(this.root, "camera")} ${at + 1}`;
        return new Option(label, device.deviceId, false, device.deviceId === current);
      }),
    );
    part(this.root, "choose").hidden = all.length < 2;
  }

  private async toggleTorch(): Promise<void> {
    if (!this.stream) return;
    const on = this.torch.getAttribute("aria-pressed") !== "true";
    try {
      await camera.setTorch(this.stream, on);
      this.torch.setAttribute("aria-pressed", String(on));
    } catch {
      this.torch.hidden = true;
    }
  }

  private async look(reader: Reader, session: number): Promise<void> {
    while (session === this.session) {
      const picture = this.picture();
      for (const text of picture ? await reader(picture) : []) {
        if (session !== this.session) return;
        if (this.found(text)) {
          this.stop();
          this.say("found");
          return;
        }
        this.say(otherKind(text));
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  private picture(): ImageData | null {
    return pictureOf(this.video, this.video.videoWidth, this.video.videoHeight, this.canvas);
  }

  private stop(): void {
    this.session += 1;
    camera.close(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    this.root.classList.remove("is-open");
    this.start.hidden = false;
    this.stopper.hidden = true;
    this.torch.hidden = true;
    part(this.root, "choose").hidden = true;
    if (this.root.dataset["state"] === "looking") this.say("stopped");
  }
}

/** A picture of a bounded size, as the decoder takes it; null for one that is not there yet. */
export function pictureOf(
  source: CanvasImageSource,
  width: number,
  height: number,
  canvas = document.createElement("canvas"),
): ImageData | null {
  if (!width || !height) return null;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context?.getImageData(0, 0, canvas.width, canvas.height) ?? null;
}
