// The manual has no JavaScript sample: this is its Python sample in Node's own words. `log_id` has more digits
// than a number keeps, so that it is read from the text.
import { readFile } from "node:fs/promises";

const { HOST, API_KEY, SECRET_KEY, ADDRESS, BODY } = process.env;

const query = new URLSearchParams({ grant_type: "client_credentials", client_id: API_KEY, client_secret: SECRET_KEY });
const auth = await fetch(`${HOST}/oauth/2.0/token?${query}`);
const { access_token } = await auth.json();

const response = await fetch(`${ADDRESS}?access_token=${access_token}`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: await readFile(BODY),
});
const text = await response.text();
const document = JSON.parse(text);
document.log_id = /"log_id"\s*:\s*(\d+)/.exec(text)[1];
console.log(JSON.stringify(document));
