// Calls every method of every resource that a client has, with made-up arguments of the right kind, against a server that answers
// anything with what it was asked: BASE_URL API_KEY LEFT_OUT openai|anthropic. Nobody has to add a new endpoint here.
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { apiKey, baseURL, note, recordingFetch, step } from './recording.mjs';

const options = { baseURL, apiKey, adminAPIKey: apiKey, fetch: recordingFetch, maxRetries: 0 };
const client = process.argv[5] === 'openai' ? new OpenAI(options) : new Anthropic(options);

// loops over other methods, or no request at all
const HELPERS =
  /poll|worker|waitFor|runTools|toolRunner|thread$|webhooks|\.stream$|Stream$|\.parse$|AndRun|uploadAndPoll|fileBatches\.upload/i;
// the gateway lists models itself, as its contract says, and other steps compare that
const OWN = new Set(['models.list', 'beta.models.list']);

function methods(resource, path, found) {
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(resource))) {
    const whole = path + '.' + name;
    const isCall = name !== 'constructor' && !name.startsWith('_') && typeof resource[name] === 'function';
    if (isCall && !HELPERS.test(whole) && !OWN.has(whole)) found.push([whole, resource, name]);
  }
  for (const [name, inner] of Object.entries(resource)) {
    if (name !== '_client' && inner?._client) methods(inner, path + '.' + name, found);
  }
  return found;
}

// `create(threadID, params, options)` and `const { thread_id, ...body } = params` say what is wanted
async function made(source) {
  const names = source
    .slice(source.indexOf('(') + 1, source.indexOf(') {'))
    .split(',')
    .map((name) => name.split('=')[0].trim())
    .filter((name) => name && name !== 'options');
  const ids = [...source.matchAll(/const \{([^}]*)\} = (?:params|body|query)/g)]
    .flatMap((found) => found[1].split(','))
    .map((name) => name.split(/[=:]/)[0].trim())
    .filter((name) => /^[a-z_]+$/.test(name));
  const params = { model: 'a-model', name: 'Zoë', limit: 2, messages: [{ role: 'user', content: 'ü' }], max_tokens: 9, input: 'ü' };
  if (source.includes('ultipartFormRequestOptions')) params.file = await toFile(Buffer.from('zwölf'), 'ü.txt');
  for (const id of ids) params[id] = id === 'betas' ? ['of-tomorrow'] : 'an_' + id;
  return names.map((name) => (/^(params|body|query|_?params)$/.test(name) ? params : 'a_' + name));
}

const found = Object.entries(client)
  .filter(([, resource]) => resource?._client)
  .flatMap(([name, resource]) => methods(resource, name, []));
for (const [whole, resource, name] of found) {
  await step(whole, async () => {
    const answer = await resource[name](...(await made(resource[name].toString())));
    note(answer instanceof Response ? await answer.text() : answer?.asked ?? answer?.body?.asked ?? answer?.data ?? answer);
  });
}
