import { expect, it } from "vitest";
import { readAnswer, type Ask } from "@/api/prediction";
import { answerOf, explainedLabel, figureOf, predictRows } from "./table-prediction";

function modelOf(answer: string): { readonly ask: Ask; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const ask: Ask = (request) => {
    asked.push(request);
    return new Promise((resolve) => {
      resolve(readAnswer(answer, 200, 0));
    });
  };
  return { ask, asked };
}

it("rows are sent as the manual has them, and answered one by one", async () => {
  const { ask, asked } = modelOf('{"log_id": 1390582998516105216, "batch_results": [{"label": "no", "scores": {"yes": 0.2, "no": 0.8}}]}');
  const prediction = await predictRows(ask, [{ age: 3, city: null }], false);
  expect(asked).toEqual([{ data: [{ age: 3, city: null }], include_req: false }]);
  expect(prediction.logId).toBe("1390582998516105216");
  expect(prediction.answers[0]?.scores.map((entry) => entry.name)).toEqual(["no", "yes"]);
});

it("fewer answers than rows are no answer", async () => {
  const { ask } = modelOf('{"log_id": 1, "batch_results": []}');
  await expect(predictRows(ask, [{ age: 3 }], true)).rejects.toMatchObject({ errorCode: 336000 });
});

it("a refusal names its code and message", async () => {
  const { ask } = modelOf('{"log_id": 2, "error_code": 336001, "error_msg": "Invalid Argument: age: is missing"}');
  await expect(predictRows(ask, [{}], true)).rejects.toMatchObject({ errorCode: 336001, message: "Invalid Argument: age: is missing" });
});

it("an explanation is about the class that it adds up to", () => {
  const answer = answerOf({ label: "no", scores: { no: 0.65, yes: 0.35 }, explanation: { base: 0.24, contributions: [{ feature: "age", value: 71, contribution: 0.11 }] } });
  expect(explainedLabel(answer)).toBe("yes");
  expect(explainedLabel({ ...answer, explanation: null })).toBeNull();
});

it("contributions come by size, quantiles by order", () => {
  const answer = answerOf({ value: 5, quantiles: { "0.9": 8, "0.1": 2 }, explanation: { base: 4, contributions: [{ feature: "a", value: 1, contribution: 0.2 }, { feature: "b", value: "x", contribution: -0.8 }] } });
  expect(answer.quantiles.map((entry) => entry.quantile)).toEqual(["0.1", "0.9"]);
  expect(answer.explanation?.contributions.map((entry) => entry.feature)).toEqual(["b", "a"]);
  expect(figureOf(answer, null)).toBe(5);
  expect(figureOf(answer, "yes")).toBeNull();
});
