import { expect, it } from "vitest";
import { curlCall, pythonCall, pythonLiteral } from "./snippets";

it("JSON is written as Python", () => {
  expect(pythonLiteral({ data: [{ age: 3, city: null }], include_req: false })).toBe(
    '{\n    "data": [\n        {\n            "age": 3,\n            "city": None,\n        },\n    ],\n    "include_req": False,\n}',
  );
  expect(pythonLiteral({ rows: [], more: {}, yes: true })).toBe('{\n    "rows": [],\n    "more": {},\n    "yes": True,\n}');
});

it("programs name the service's address and the request", () => {
  expect(curlCall("http://a/rpc/x", "http://a", '{"data": []}')).toContain('"http://a/rpc/x?access_token=$TOKEN" <<\'JSON\'\n{"data": []}');
  expect(pythonCall("http://a/rpc/x", "http://a", { data: ["it's"] })).toContain('"it\'s",');
});
