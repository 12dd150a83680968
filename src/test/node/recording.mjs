// What a programme of calls observed, printed as a JSON object per step. Every programme takes BASE_URL API_KEY LEFT_OUT, the last a
// pattern of the answers' header fields that may differ.
import { createHash } from 'node:crypto';

export const [baseURL, apiKey, leftOut] = process.argv.slice(2);
const mayDiffer = new RegExp('^(' + leftOut + ')$');
const gatewaysOwn = (url) => new URL(url).pathname === '/v1/models';

let seen = [];
export const note = (line) => seen.push(line);

// notes the head of every answer below the client's retries
export async function recordingFetch(url, init) {
  const answer = await fetch(url, init);
  const fields = {};
  for (const [name, value] of answer.headers) {
    if (!mayDiffer.test(name)) fields[name] = value;
  }
  note({ status: answer.status, fields: gatewaysOwn(url) ? {} : fields, requestId: answer.headers.has('x-request-id') });
  return answer;
}

function told(e) {
  const { status, code, param, type, error, message } = e;
  return { threw: e.constructor.name, status, code, param, type, error, message };
}

export async function step(name, work) {
  seen = [];
  try {
    await work();
  } catch (e) {
    note(told(e));
  }
  console.log(JSON.stringify({ step: name, seen }));
}

export const call = (name, work) => step(name, async () => note(await work()));

export const all = (name, work) =>
  step(name, async () => {
    for await (const value of await work()) note(value);
  });

export const bytes = (name, work) =>
  step(name, async () => {
    const content = Buffer.from(await (await work()).arrayBuffer());
    note({ bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') });
  });

// what broke midway: that it failed, what came before, and how it is told, which is another thing with a gateway in between
export const broken = (name, work) =>
  step(name, async () => {
    const before = [];
    try {
      for await (const value of await work()) before.push(value);
    } catch (e) {
      const { status, type, code, message } = e;
      seen = [{ failed: true, before, told: { threw: e.constructor.name, status, type, code, message } }];
      return;
    }
    seen = [{ failed: false, before }];
  });

// how many streams clients have closed, as the provider sees it
async function hungUp(base) {
  const headers = { authorization: 'Bearer ' + apiKey };
  return (await (await fetch(base + '/hung-up', { headers })).json()).closed;
}

// `work` begins a call that hangs and leaves it; the provider must see it closed within a second
export const hangUp = (name, base, work) =>
  step(name, async () => {
    const before = await hungUp(base);
    await work().catch((e) => note(told(e)));
    const began = performance.now();
    let closed = false;
    while (!closed && performance.now() - began < 1000) closed = (await hungUp(base)) > before;
    note({ closedWithinASecond: closed });
  });

export const noise = (length) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255));
