// Node's fetch, with its defaults: GET of one URL. Prints the response, or the kind of error.

const [url, seconds] = process.argv.slice(2);
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(seconds * 1000) });
  console.log("response", response.status, response.url, await response.text());
} catch (error) {
  // fetch rejects with a TypeError, and the cause says why.
  console.log("error", error.cause?.code ?? error.name, error.cause?.message ?? error.message);
}
