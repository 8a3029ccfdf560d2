import { encodeWav, framesOf, LONGEST_S, SAMPLE_RATE } from "./wav";

export interface Recording {
  /** Ends it and gives the sound; later calls give the same. */
  readonly finish: () => Promise<Blob>;
  /** Ends it and forgets what was heard. */
  readonly drop: () => void;
}

export class MicrophoneError extends Error {
  constructor(
    readonly reason: "denied" | "missing" | "unsupported" | "silent",
    cause?: unknown,
  ) {
    super(reason, { cause });
    this.name = "MicrophoneError";
  }
}

/** Decodes what a browser recorded or a person chose, as one channel at the rate of the models. */
export async function toWav(sound: Blob): Promise<Blob> {
  const context = new AudioContext();
  try {
    const heard = await context.decodeAudioData(await sound.arrayBuffer());
    const offline = new OfflineAudioContext(1, framesOf(heard.duration), SAMPLE_RATE);
    const source = offline.createBufferSource();
    source.buffer = heard;
    source.connect(offline.destination);
    source.start();
    return encodeWav((await offline.startRendering()).getChannelData(0), SAMPLE_RATE);
  } catch (error) {
    throw new MicrophoneError("silent", error);
  } finally {
    await context.close();
  }
}

async function openMicrophone(): Promise<MediaStream> {
  // Absent where the page is not served over HTTPS, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices || typeof MediaRecorder === "undefined") throw new MicrophoneError("unsupported");
  try {
    return await devices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false } });
  } catch (error) {
    const isDenied = error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "SecurityError");
    throw new MicrophoneError(isDenied ? "denied" : "missing", error);
  }
}

/** Records until it is told to finish, at most as long as a model takes. */
export async function startRecording(): Promise<Recording> {
  const stream = await openMicrophone();
  const recorder = new MediaRecorder(stream);
  const pieces: Blob[] = [];
  recorder.ondataavailable = ({ data }) => {
    if (data.size > 0) pieces.push(data);
  };
  const ended = new Promise<void>((resolve) => {
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => {
        track.stop();
      });
      resolve();
    };
  });
  const stop = (): void => {
    window.clearTimeout(limit);
    if (recorder.state !== "inactive") recorder.stop();
  };
  const limit = window.setTimeout(stop, LONGEST_S * 1000);
  recorder.start();
  let wav: Promise<Blob> | null = null;
  return {
    finish: () => {
      stop();
      wav ??= ended.then(() => toWav(new Blob(pieces, { type: recorder.mimeType })));
      return wav;
    },
    drop: stop,
  };
}
