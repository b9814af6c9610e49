// The camera itself: opening one, choosing another, its torch, and why there is none.

export type Refusal = "insecure" | "unsupported" | "denied" | "none" | "busy" | "failed";

/** Why no camera can be had, from what the browser offers; null where one may be. */
export function obstacle(here: { secure: boolean; devices: boolean }): Refusal | null {
  if (!here.secure) return "insecure";
  return here.devices ? null : "unsupported";
}

/** Why the browser would not open a camera, from the error's name (Media Capture and Streams, getUserMedia). */
export function refusalOf(name: string): Refusal {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

/** Opens a camera: the one asked for, or else the one at the back. */
export function open(deviceId: string | null): Promise<MediaStream> {
  const which: MediaTrackConstraints = deviceId
    ? { deviceId: { exact: deviceId } }
    : { facingMode: { ideal: "environment" } };
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { ...which, width: { ideal: 1920 }, height: { ideal: 1080 } },
  });
}

export function close(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Every camera, with its name; names are only told once one was allowed. */
export async function cameras(): Promise<MediaDeviceInfo[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput");
}

type WithTorch = { torch?: boolean };

export function hasTorch(stream: MediaStream): boolean {
  const track = stream.getVideoTracks()[0];
  return Boolean((track?.getCapabilities?.() as WithTorch | undefined)?.torch);
}

export async function setTorch(stream: MediaStream, on: boolean): Promise<void> {
  const light: WithTorch = { torch: on };
  await stream.getVideoTracks()[0]?.applyConstraints({ advanced: [light as MediaTrackConstraintSet] });
}
