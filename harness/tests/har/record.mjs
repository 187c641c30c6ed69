// Serves two steps of an operator's API, as HTTP/1.1 and HTTP/2, and records what a browser and a proxy see of them:
// a token request, and a question with the token, whose answer is compressed. `record` starts it in a folder with what
// it needs. Everything in it is invented.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

// Unlike import, it looks in NODE_PATH.
const { chromium } = createRequire(import.meta.url)("playwright-core");

const page = "https://portal.operator.example";
const login = "https://login.operator.example";
const api = "https://entitlement.operator.example";
const form = "grant_type=client_credentials&client_id=device&client_secret=not-a-secret";

// The page asks two other origins, so that the browser sends preflight requests as well.
const html = `<!doctype html><title>Tethering</title><script type="module">
const token = await (await fetch("${login}/oauth/token", {
  method: "POST",
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body: "${form}",
})).json();
const answer = await fetch("${api}/v1/tethering?imsi=001010123456789&apn=internet", {
  headers: { Authorization: "Bearer " + token.access_token },
});
document.title = (await answer.json()).status;
</script>`;

const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" };
const volatile = () => ({ date: new Date().toUTCString(), "x-request-id": crypto.randomUUID() });

function respond(request, response) {
  const path = new URL(request.url, api).pathname;
  const send = (status, headers, body) => {
    response.writeHead(status, { ...volatile(), ...cors, ...headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  };
  const json = { "content-type": "application/json", "cache-control": "no-store" };
  if (request.method === "OPTIONS") return send(204, {}, "");
  if (path === "/") return send(200, { "content-type": "text/html" }, html);
  if (request.method === "POST" && path === "/oauth/token") {
    const token = { access_token: "2YotnFZFEjr1zCsicMWpAA", token_type: "Bearer", expires_in: 3600 };
    return send(200, json, JSON.stringify(token));
  }
  if (path === "/v1/tethering") {
    const answer = gzipSync(JSON.stringify({ status: "allowed", validFor: 86400 }));
    return send(200, { ...json, "content-encoding": "gzip", etag: '"1"', "set-cookie": "session=1; Secure" }, answer);
  }
  return send(404, json, "{}");
}

const server = createSecureServer(
  { key: readFileSync("key.pem"), cert: readFileSync("certificate.pem"), allowHTTP1: true },
  respond,
).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address();

async function recordBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", `--host-resolver-rules=MAP *.operator.example:443 127.0.0.1:${port}`],
  });
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    recordHar: { path: "chromium.har", content: "embed" },
  });
  const tab = await context.newPage();
  await tab.goto(page);
  await tab.waitForFunction(() => document.title === "allowed");
  await context.close();
  await browser.close();
}

async function recordProxy() {
  const proxy = spawn(process.env.MITMDUMP, [
    ...["--mode", `reverse:https://127.0.0.1:${port}`, "--listen-host", "127.0.0.1", "--listen-port", "0"],
    ...["--ssl-insecure", "--set", "keep_host_header=true", "--set", "hardump=mitmproxy.har"],
    ...["--set", "confdir=mitmproxy"],
  ]);
  let printed = "";
  proxy.stderr.on("data", (data) => (printed += data));
  const entry = await new Promise((found, failed) => {
    proxy.on("exit", () => failed(new Error(printed)));
    proxy.stdout.on("data", (data) => {
      printed += data;
      const address = printed.match(/listening at 127\.0\.0\.1:(\d+)/);
      if (address) found(address[1]);
    });
  });
  const curl = (...words) =>
    promisify(execFile)("curl", [
      ...["--silent", "--show-error", "--fail", "--insecure", "--compressed"],
      ...["--connect-to", `::127.0.0.1:${entry}`, ...words],
    ]);
  const { stdout } = await curl("--data", form, `${login}/oauth/token`);
  const authorization = `Authorization: Bearer ${JSON.parse(stdout).access_token}`;
  await curl("--header", authorization, `${api}/v1/tethering?imsi=001010123456789&apn=internet`);
  proxy.removeAllListeners("exit");
  proxy.kill("SIGINT");
  await once(proxy, "exit");
}

await recordBrowser();
await recordProxy();
server.close();
