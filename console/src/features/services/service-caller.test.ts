import { describe, expect, it } from "vitest";
import { logIdOf, predictPicture, PredictionError, type Ask } from "@/api/prediction";
import { ServiceCaller } from "./service-caller";

const KEYS = { apiKey: "ak", secretKey: "sk" };
const IMAGE = new Blob(["picture"]);

function caller(answers: Record<string, string[]>) {
  const calls: string[] = [];
  const made = new ServiceCaller(
    "http://host",
    (url) => {
      calls.push(url);
      const kind = url.includes("/oauth/") ? "token" : "predict";
      const answer = answers[kind]?.shift() ?? "{}";
      return Promise.resolve(new Response(answer));
    },
    () => 0,
  );
  return { ask: askOf(made), calls };
}

const askOf =
  (made: ServiceCaller): Ask =>
  (request) =>
    made.ask("http://host/rpc", KEYS, request);

describe("calls of a service", () => {
  it("asks for a token once and keeps every digit of the log id", async () => {
    const good = '{"log_id": 1390582998516105217, "results": [{"name": "5", "score": 0.9}]}';
    const { ask, calls } = caller({ token: ['{"access_token": "t"}'], predict: [good, good] });
    const first = await predictPicture(ask, IMAGE, { top_num: 3 });
    await predictPicture(ask, IMAGE, { top_num: 3 });
    expect(first.logId).toBe("1390582998516105217");
    expect(first.results).toEqual([{ name: "5", score: 0.9 }]);
    expect(calls.filter((url) => url.includes("/oauth/"))).toHaveLength(1);
  });

  it("fetches a new token when the old one is refused, but only once", async () => {
    const refused = '{"error_code": 111, "error_msg": "Access token expired"}';
    const { ask, calls } = caller({
      token: ['{"access_token": "old"}', '{"access_token": "new"}'],
      predict: [refused, refused],
    });
    await expect(predictPicture(ask, IMAGE, { top_num: 3 })).rejects.toMatchObject({ errorCode: 111 });
    expect(calls).toHaveLength(4);
  });

  it("tells wrong keys apart from a failed prediction", async () => {
    const { ask } = caller({ token: ['{"error": "invalid_client", "error_description": "unknown client id"}'] });
    await expect(predictPicture(ask, IMAGE, { top_num: 3 })).rejects.toThrow("unknown client id");
  });

  it("reads boxes and masks of objects, and sends the wishes that were given", async () => {
    const bodies: string[] = [];
    const made = new ServiceCaller(
      "http://host",
      (url, init) => {
        if (typeof init?.body === "string") bodies.push(init.body);
        const answer = url.includes("/oauth/")
          ? '{"access_token": "t"}'
          : '{"log_id": 1, "results": [{"name": "car", "score": 0.8, "location": {"left": 4, "top": 5, "width": 10, "height": 20}, "mask": "63203N"}, {"name": "sky", "score": 0.5}]}';
        return Promise.resolve(new Response(answer));
      },
      () => 0,
    );
    const { results } = await predictPicture(askOf(made), IMAGE, { threshold: 0.25 });
    expect(results).toEqual([{ name: "car", score: 0.8, box: [4, 5, 14, 25], mask: "63203N" }, { name: "sky", score: 0.5 }]);
    expect(JSON.parse(bodies[0] ?? "")).toEqual({ image: "cGljdHVyZQ==", threshold: 0.25 });
  });

  it("does not send an image that is too large", async () => {
    const { ask, calls } = caller({});
    const large = new Blob([new Uint8Array(4 * 1024 * 1024)]);
    await expect(predictPicture(ask, large, {})).rejects.toBeInstanceOf(PredictionError);
    expect(calls).toEqual([]);
  });

  it("finds no log id in an answer without one", () => {
    expect(logIdOf('{"error_code": 1}')).toBe("");
  });
});
