// Asks a tabular service for two rows: node predict_table.mjs SERVICE_URL ACCESS_TOKEN
const [url, token] = process.argv.slice(2);
const data = [
  { age: 30, colour: "blue", since: "2005-06-01" },
  { age: null, colour: "red", since: "2006-01-15" },
];
const response = await fetch(`${url}?access_token=${token}`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ data, include_req: true }),
});
const reply = await response.json();
if (reply.error_code) throw new Error(`${reply.error_code} ${reply.error_msg}`);
for (const result of reply.batch_results) console.log(result.label ?? result.value, result.req);
